"""Platt's curve, from a single bad part on."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from vadline.calibration import Probability, fit_probability
from vadline.errors import VadlineError

RNG = np.random.default_rng(0)
scores = st.floats(-1e3, 1e3)


def platt(goods, bads, prior):
    """Platt (1999) by a general minimiser: cross-entropy to smoothed targets."""
    x = np.r_[goods, bads]
    target = np.repeat(
        [1 / (len(goods) + 2), (len(bads) + 1) / (len(bads) + 2)], [len(goods), len(bads)]
    )
    weight = np.repeat([(1 - prior) / len(goods), prior / len(bads)], [len(goods), len(bads)])

    def loss(p):
        z = p[0] * x + p[1]
        return (weight * (np.logaddexp(0, z) - target * z)).sum()

    a, b = minimize(loss, [0, 0], tol=1e-12).x
    return lambda new: expit(a * np.asarray(new) + b)


@pytest.mark.parametrize("bads", [1, 3, 10])
@pytest.mark.parametrize("prior", [0.1, 0.5])
def test_it_is_platts_curve(bads, prior):
    good, bad = RNG.normal(size=40), RNG.normal(2, 1, bads)
    grid = np.linspace(-3, 6, 10)
    curve = fit_probability(good, bad, prior)(grid)
    np.testing.assert_allclose(curve, platt(good, bad, prior)(grid), atol=1e-3)


@settings(max_examples=60)
@given(
    st.lists(scores, min_size=2, max_size=30),
    st.lists(scores, min_size=1, max_size=10),
    st.floats(0.01, 0.99),
)
def test_whatever_the_scores_it_is_monotone_and_inside(goods, bads, prior):
    curve = fit_probability(goods, bads, prior)(np.sort([*goods, *bads, -1e6, 1e6]))
    assert ((curve > 0) & (curve < 1)).all()
    assert (np.diff(curve) >= 0).all()


def test_one_bad_part_far_away_is_not_certain_and_more_are_surer():
    good = RNG.normal(size=100)
    at_ten = [fit_probability(good, np.full(b, 10.0))([10.0])[0] for b in (1, 3, 10)]
    assert at_ten == pytest.approx([2 / 3, 4 / 5, 11 / 12], abs=0.01)
    assert fit_probability(good, [10.0])([0.0])[0] < 0.05


def test_a_lower_prior_makes_every_part_less_suspect():
    good, bad = RNG.normal(size=50), RNG.normal(1, 1, 10)
    rare, common = (fit_probability(good, bad, prior)(bad) for prior in (0.05, 0.5))
    assert (rare < common).all()


@pytest.mark.parametrize(
    ("goods", "bads"), [([5.0, 6.0, 7.0], [1.0, 2.0]), ([1.0, 1.0], [1.0]), ([0.1] * 7, [0.1] * 3)]
)
def test_bads_that_score_no_higher_say_nothing(goods, bads):
    np.testing.assert_allclose(fit_probability(goods, bads, 0.2)([-9, 0.1, 9]), 0.2)


def test_it_survives_json_and_keeps_nan():
    curve = fit_probability([0.0, 1.0], [3.0])
    again = Probability(**json.loads(json.dumps(asdict(curve))))
    assert again == curve
    assert np.isnan(curve([np.nan])).all()


@pytest.mark.parametrize(
    ("goods", "bads", "prior", "remedy"),
    [
        ([1.0], [2.0], 0.5, "conformal rank"),
        ([1.0, 2.0], [], 0.5, "conformal rank"),
        ([1.0, np.inf], [2.0], 0.5, "leave out"),
        ([1.0, 2.0], [2.0], 1.0, "give one in"),
    ],
)
def test_what_cannot_be_fitted_says_why(goods, bads, prior, remedy):
    with pytest.raises(VadlineError, match=remedy):
        fit_probability(goods, bads, prior)

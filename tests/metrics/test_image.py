from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.errors import VadlineError
from vadline.metrics import fpr_at_tpr, image_auroc, image_f1

METRICS = (image_auroc, image_f1, fpr_at_tpr)

parts = st.lists(st.tuples(st.booleans(), st.integers(-40, 40)), min_size=2, max_size=40).filter(
    lambda rows: len({bad for bad, _ in rows}) == 2
)


def split(rows):
    return np.array([bad for bad, _ in rows]), np.array([score for _, score in rows], float)


@given(parts)
def test_auroc_is_the_share_of_pairs_in_order(rows):
    bad, score = split(rows)
    pairs = [(b > g) + (b == g) / 2 for b in score[bad] for g in score[~bad]]
    assert image_auroc(bad, score) == pytest.approx(np.mean(pairs))


@given(parts)
def test_f1_is_the_best_over_all_thresholds(rows):
    bad, score = split(rows)

    def f1(threshold):
        called = score >= threshold
        return 2 * (called & bad).sum() / (called.sum() + bad.sum())

    assert image_f1(bad, score) == pytest.approx(max(f1(t) for t in score))


@given(parts, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_fpr_at_tpr_counts_goods_at_the_interpolated_quantile_of_bads_or_above(rows, tpr):
    bad, score = split(rows)
    ordered, at = np.sort(score[bad]), (1 - tpr) * (bad.sum() - 1)
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    threshold = low + (at - math.floor(at)) * (high - low)
    near = np.abs(score[~bad] - threshold) < 1e-9  # rounding may decide either way
    counts = [(score[~bad] >= threshold)[~near].sum() + some for some in (0, near.sum())]
    assert counts[0] - 1e-9 <= fpr_at_tpr(bad, score, tpr) * (~bad).sum() <= counts[1] + 1e-9


def test_fpr_at_tpr_is_that_of_segad_s_authors():
    bad = np.r_[np.zeros(4), np.ones(5)]
    score = np.r_[0, 1.15, 1.25, 3, 1, 2, 3, 4, 5]
    assert fpr_at_tpr(bad, score) == pytest.approx(2 / 4)  # at 1.2 or above
    at_a_bad = np.r_[0, 0.2, 0.2, 3, np.arange(21) / 7 + 0.2 - 1 / 7]  # the second of 21
    assert fpr_at_tpr(np.r_[np.zeros(4), np.ones(21)], at_a_bad) == 3 / 4


@given(parts)
def test_only_the_ranking_counts(rows):
    bad, score = split(rows)
    assert 0 <= fpr_at_tpr(bad, score) <= 1
    for metric in (image_auroc, image_f1):
        assert 0 <= metric(bad, score) <= 1
        assert metric(bad, np.arctan(score) * 3 + 7) == pytest.approx(metric(bad, score))


def test_nineteen_of_twenty_are_ninety_five_per_cent():
    bad = np.r_[np.ones(20), np.zeros(10)]
    score = np.r_[np.linspace(11, 30, 20), np.full(10, 11.5)]
    assert fpr_at_tpr(bad, score) == 0.0


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1]])
def test_one_class_gives_nan_and_no_warning(metric, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(metric(labels, np.arange(len(labels))))


@pytest.mark.parametrize("metric", METRICS)
def test_bad_scores_are_refused_in_one_line(metric):
    with pytest.raises(VadlineError, match="NaN"):
        metric([0, 1], [0.0, np.nan])
    with pytest.raises(VadlineError, match="3 scores for 2 labels"):
        metric([0, 1], [0.0, 1.0, 2.0])

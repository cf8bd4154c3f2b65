"""Ordinary batches pass, changed light does not, and few photographs claim little."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.calibration import DriftCheck, fit_drift
from vadline.calibration.drift import FEWEST_GOODS, FEWEST_PARTS
from vadline.errors import VadlineError

NAMES = ["brightness", "redness", "blueness", "contrast", "sharpness", "padim.typical_anomaly"]
CENTRE = [120, 5, -5, 30, 0.6, 2.0]
SPREAD = np.array([8, 2, 2, 3, 0.02, 0.1])


def parts(rng, n, moved=(0, 0, 0, 0, 0, 0)):
    """Parts of a line: one light for all, so that brightness and contrast move together."""
    z = rng.normal(size=(n, 6))
    z[:, 3] = 0.8 * z[:, 0] + 0.6 * z[:, 3]
    return pd.DataFrame(CENTRE + SPREAD * (z + moved), columns=NAMES)


@pytest.mark.parametrize("n", [5, 8, 31, 300])
def test_ordinary_parts_pass(n):
    flagged, drifted = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        check = fit_drift(parts(rng, n))
        flagged.append(check.flags(parts(rng, 100)).mean())
        drifted += [check.verdict(parts(rng, m)).drifted for m in (3, 18, 100)]
    assert np.mean(flagged) < 0.03
    assert not any(drifted)


@pytest.mark.parametrize("n", [31, 300])
def test_the_reference_is_what_new_parts_give(n):
    """Distances of the training part by estimates that it had a share in would be too small."""
    shares = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        check = fit_drift(parts(rng, n))
        shares.append((check.distances(parts(rng, 200)) > np.median(check.reference)).mean())
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("n", [31, 300])
@pytest.mark.parametrize(
    ("moved", "words"),
    [
        ((4, 0, 0, 3.2, 0, 0), "brighter, more contrast"),
        ((-4, 0, 0, -3.2, 0, 0), "darker, less contrast"),
        ((0, 0, 0, 0, -4, 0), "less sharp"),
        ((0, 4, -7, 0, 0, 0), "yellower, redder"),
        ((0, 0, 0, 0, 0, 4), "padim.typical_anomaly higher"),
    ],
)
def test_another_light_or_lens_is_noticed_and_named(n, moved, words):
    rng = np.random.default_rng(n)
    verdict = fit_drift(parts(rng, n)).verdict(parts(rng, 18, moved))
    assert verdict.drifted
    assert verdict.unlike > 12
    assert verdict.in_words == (
        f"{verdict.unlike} of 18 parts look unlike the training photographs ({words}):"
        " light or camera changed?"
    )


def test_a_change_that_breaks_what_goes_together_is_noticed():
    rng = np.random.default_rng(0)
    check = fit_drift(parts(rng, 200))
    together, against = parts(rng, 50, (2, 0, 0, 1.6, 0, 0)), parts(rng, 50, (2, 0, 0, -1.6, 0, 0))
    assert np.median(check.distances(against)) > 1.3 * np.median(check.distances(together))


def test_small_defects_on_two_parts_of_three_are_no_drift():
    rng = np.random.default_rng(1)
    check = fit_drift(parts(rng, 31))
    batch = pd.concat([parts(rng, 10), parts(rng, 20, (-0.5, 0, 0, 0.5, 0.5, 1.0))])
    assert not check.verdict(batch).drifted


def test_one_odd_part_is_flagged_and_the_batch_is_not():
    rng = np.random.default_rng(2)
    check = fit_drift(parts(rng, 31))
    batch = pd.concat([parts(rng, 20), parts(rng, 1, (0, 0, 0, 0, -12, 0))])
    assert check.flags(batch).tolist() == [False] * 20 + [True]
    assert not check.verdict(batch).drifted
    assert check.verdict(batch).in_words == "Photographs look as in training, but for 1 of 21"
    assert check.verdict(batch[:20]).in_words == "Photographs look as in training"


def test_an_odd_training_part_does_not_hide_a_change():
    rng = np.random.default_rng(3)
    dirty = pd.concat([parts(rng, 30), parts(rng, 1, (30, 0, 0, 0, 0, 0))])
    assert fit_drift(dirty).verdict(parts(rng, 18, (4, 0, 0, 3.2, 0, 0))).drifted


def test_grey_photographs_that_are_all_alike_notice_a_colour_cast_but_no_rounding():
    alike = pd.DataFrame([CENTRE] * 12, columns=NAMES).assign(redness=0.0, blueness=0.0)
    check = fit_drift(alike)
    assert not check.verdict(alike + 0.003).drifted
    assert check.verdict(alike.assign(redness=8.0)).drifted


def test_too_few_photographs_give_no_verdict():
    rng = np.random.default_rng(4)
    far = parts(rng, 30, (50, 0, 0, 0, 0, 0))
    few, enough = fit_drift(parts(rng, FEWEST_GOODS - 1)), fit_drift(parts(rng, FEWEST_GOODS))
    assert not few.verdict(far).drifted
    assert not few.flags(far).any()
    assert "Too few" in few.verdict(far).in_words
    assert "Too few" in enough.verdict(far[: FEWEST_PARTS - 1]).in_words
    assert enough.verdict(far).drifted


@settings(max_examples=30)
@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.booleans())
def test_whatever_the_training_part_distances_are_finite(n, seed, constant):
    rng = np.random.default_rng(seed)
    goods = parts(rng, n)
    check = fit_drift(goods * 0 + 1 if constant else goods)
    assert np.isfinite(check.distances(parts(rng, 5))).all()
    assert np.isfinite(check.reference).all()


def test_a_check_survives_json_and_takes_columns_by_name():
    rng = np.random.default_rng(5)
    check, batch = fit_drift(parts(rng, 31)), parts(rng, 7)
    again = DriftCheck.from_dict(json.loads(json.dumps(check.to_dict())))
    assert again.verdict(batch) == check.verdict(batch)
    turned = batch[NAMES[::-1]].assign(more=1.0)
    np.testing.assert_array_equal(again.distances(turned), check.distances(batch))


def test_statistics_that_are_missing_say_so():
    rng = np.random.default_rng(6)
    goods = parts(rng, 31)
    with pytest.raises(VadlineError, match="'contrast'"):
        fit_drift(goods).distances(goods.drop(columns="contrast"))
    with pytest.raises(VadlineError, match="NaN"):
        fit_drift(goods.assign(redness=np.nan))
    with pytest.raises(VadlineError, match="no good training photograph"):
        fit_drift(goods[:0])

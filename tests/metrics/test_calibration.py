"""Thresholds keep the promised share of good parts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vadline.metrics import calibrated_scores, reject_threshold

scores = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60)


@given(scores, st.floats(0.01, 0.99))
def test_at_most_the_rate_of_calibration_parts_is_rejected(goods, rate):
    rejected = np.array(goods) > reject_threshold(goods, rate)
    assert rejected.mean() <= rate + 1e-9


def test_the_threshold_is_the_tightest_there_is():
    assert reject_threshold(np.arange(100.0), 0.05) == 94.0
    assert np.isnan(reject_threshold([], 0.05))


@given(scores, scores)
def test_calibrated_scores_keep_the_order_and_stay_inside(values, goods):
    calibrated = calibrated_scores(values, goods)
    assert ((calibrated > 0) & (calibrated < 1)).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(calibrated[order]) >= 0).all()

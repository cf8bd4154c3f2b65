from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, jaccard_score

from vadline.errors import VadlineError
from vadline.metrics import dice, iou, mean_overlap

pair = arrays(np.uint8, (2, 5, 6), elements={"min_value": 0, "max_value": 1})


@given(pair)
def test_agree_with_sklearn(both):
    mask, truth = both[:1], both[1:]
    expected = jaccard_score(truth.ravel(), mask.ravel(), zero_division=1.0)
    assert iou(mask, truth)[0] == pytest.approx(expected)
    expected = f1_score(truth.ravel(), mask.ravel(), zero_division=1.0)
    assert dice(mask, truth)[0] == pytest.approx(expected)


@given(pair)
def test_dice_follows_from_iou(both):
    mask, truth = both[:1], both[1:]
    overlap = iou(mask, truth)[0]
    assert dice(mask, truth)[0] == pytest.approx(2 * overlap / (1 + overlap))
    assert iou(mask, truth) == iou(truth, mask)


def test_mean_is_over_images_and_roi_leaves_the_rest_out():
    truth = np.zeros((2, 4, 4), np.uint8)
    truth[:, :2] = 1
    masks = truth.copy()
    masks[1, :, 2:] = 1 - masks[1, :, 2:]
    assert mean_overlap(masks, truth)["iou"] == pytest.approx((1 + 4 / 12) / 2)
    roi = np.zeros((4, 4), bool)
    roi[:, :2] = True
    assert mean_overlap(masks, truth, roi) == {"iou": 1.0, "dice": 1.0}


def test_no_images_give_nan_and_misfits_are_refused():
    empty = np.zeros((0, 4, 4))
    assert math.isnan(mean_overlap(empty, empty)["iou"])
    with pytest.raises(VadlineError, match="differ in shape"):
        iou(np.zeros((1, 4, 4)), np.zeros((1, 5, 4)))

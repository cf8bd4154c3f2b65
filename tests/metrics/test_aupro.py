from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from skimage.measure import label

from vadline.metrics import aupro, pixel_histogram
from vadline.metrics.regions import bad_pixel_weights


def reference_aupro(maps, masks, limit):
    """Per-region overlap at every distinct score, integrated up to the limit."""
    regions = [
        scores[parts == k]
        for scores, parts in zip(maps, (label(m, connectivity=2) for m in masks), strict=True)
        for k in range(1, parts.max() + 1)
    ]
    good = np.sort(maps[masks == 0])
    thresholds = np.unique(maps)[::-1]
    fpr = np.r_[0, 1 - np.searchsorted(good, thresholds) / len(good)]
    pro = np.r_[0, np.mean([[(r >= t).mean() for t in thresholds] for r in regions], axis=0)]
    at = np.r_[fpr[fpr < limit], limit]
    return np.trapezoid(np.interp(at, fpr, pro), at) / limit


def world(seed):
    rng = np.random.default_rng(seed)
    masks = np.zeros((4, 24, 24), np.uint8)
    masks[0, 2:5, 2:12] = 1
    masks[0, 15:22, 16:20] = 1
    masks[1, 0:2, 0:2] = 1
    masks[1, 2:4, 2:4] = 1  # touches the one before at a corner: one region
    masks[2, 20:24, 10:24] = 1
    maps = rng.gamma(2, size=masks.shape) + 1.5 * masks * rng.uniform(size=(4, 1, 1))
    return maps.astype(np.float32), masks


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
def test_agrees_with_a_plain_reference(seed, limit):
    maps, masks = world(seed)
    value = aupro(pixel_histogram([(maps, masks)]), limit)
    assert value == pytest.approx(reference_aupro(maps, masks, limit), abs=1e-3)


def test_small_defects_count_as_much_as_large_ones():
    masks = np.zeros((1, 20, 20), np.uint8)
    masks[0, 0, 0] = 1
    masks[0, 5:15, 5:15] = 1
    maps = masks.astype(np.float32)
    maps[0, 0, 0] = -1  # the small one is missed altogether
    assert aupro(pixel_histogram([(maps, masks)])) == pytest.approx(
        reference_aupro(maps, masks, 0.3), abs=1e-6
    )
    assert aupro(pixel_histogram([(maps, masks)])) < 0.66


def test_perfect_maps_have_one_and_inverted_maps_none():
    _, masks = world(0)
    assert aupro(pixel_histogram([(masks.astype(np.float32), masks)])) == pytest.approx(1)
    assert aupro(pixel_histogram([(-masks.astype(np.float32), masks)])) == 0


def test_every_region_weighs_one():
    _, masks = world(0)
    weights, count = bad_pixel_weights(np.flatnonzero(masks), masks.shape)
    assert count == 4
    assert weights.sum() == pytest.approx(4)


@given(arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=9)))
def test_regions_are_those_of_scipy(masks):
    weights, count = bad_pixel_weights(np.flatnonzero(masks), masks.shape)
    expected, regions = np.zeros(masks.shape), 0
    for image, mask in zip(expected, masks, strict=True):
        labels, found = ndimage.label(mask, np.ones((3, 3)))
        sizes = np.bincount(labels.ravel())
        image[mask] = 1 / sizes[labels[mask]]
        regions += found
    assert count == regions
    np.testing.assert_array_equal(weights, expected[masks])


def test_without_a_defect_it_is_nan():
    assert math.isnan(aupro(pixel_histogram([(np.zeros((1, 4, 4)), np.zeros((1, 4, 4)))])))
    assert math.isnan(aupro(pixel_histogram([(np.zeros((1, 4, 4)), np.ones((1, 4, 4)))])))


def test_a_region_of_interest_is_like_a_crop():
    maps, masks = world(1)
    roi = np.zeros((24, 24), bool)
    roi[:18, 3:] = True
    inside = aupro(pixel_histogram([(maps, masks)], roi))
    assert inside == aupro(pixel_histogram([(maps[:, :18, 3:], masks[:, :18, 3:])]))
    assert inside != aupro(pixel_histogram([(maps, masks)]))

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_auc_score

from vadline.errors import VadlineError
from vadline.metrics import (
    PixelHistogram,
    pixel_auroc,
    pixel_f1,
    pixel_f1_threshold,
    pixel_histogram,
)


def exact_f1(bad, score):
    precision, recall, _ = precision_recall_curve(bad, score)
    return np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300))


def auroc_bound(histogram):
    """Half of the pairs (bad, good) that share a bin."""
    _, good, bad, _ = histogram.occupied()
    return (good.astype(float) * bad).sum() / 2 / good.sum() / bad.sum()


def f1_bound(histogram):
    """What a threshold could gain that parts a bin's bad pixels from its good ones."""
    _, good, bad, _ = histogram.occupied()
    best = max(
        2 * bad[i:].sum() / (bad[i:].sum() + good[i + 1 :].sum() + bad.sum())
        for i in np.flatnonzero(bad)
    )
    return best - pixel_f1(histogram)


def world(seed=0, n=6, side=64):
    rng = np.random.default_rng(seed)
    masks = np.zeros((n, side, side), np.uint8)
    for mask in masks[: n // 2]:
        top, left = rng.integers(0, side - 20, 2)
        mask[top : top + 12, left : left + 18] = 1
    return rng, masks


def chunks_of(maps, masks, size):
    """A few images at a time."""
    for start in range(0, len(maps), size):
        yield maps[start : start + size], masks[start : start + size]


SHAPES = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "offset": lambda rng, shape: 1000 + rng.normal(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(sigma=3, size=shape),
    "cauchy": lambda rng, shape: rng.standard_cauchy(shape),
    "tiny": lambda rng, shape: 1e-20 * rng.gamma(0.5, size=shape),
    "bimodal": lambda rng, shape: rng.normal(size=shape) + 50 * rng.integers(0, 2, shape),
    "few values": lambda rng, shape: rng.integers(0, 5, shape),
    "tiny spread on an offset": lambda rng, shape: 1e6 + rng.normal(size=shape),
    "many decades": lambda rng, shape: 10.0 ** rng.uniform(-30, 30, shape),
    "decades of both signs": lambda rng, shape: (
        rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-20, 20, shape)
    ),
    "mostly zero": lambda rng, shape: np.maximum(rng.normal(size=shape) - 1, 0),
    "a scale for each image": lambda rng, shape: (
        rng.gamma(2, size=shape) * 10.0 ** np.arange(shape[0])[:, None, None]
    ),
}
TIED = ("few values", "offset", "tiny spread on an offset", "mostly zero")


@pytest.mark.parametrize("shape", SHAPES)
def test_auroc_and_f1_agree_with_sklearn_to_one_in_ten_thousand(shape):
    rng, masks = world()
    scores = SHAPES[shape](rng, masks.shape)
    spread = np.quantile(scores, 0.75) - np.quantile(scores, 0.25)
    maps = (scores + 0.8 * spread * masks).astype(np.float32)
    histogram = pixel_histogram(chunks_of(maps, masks, 2))
    f1 = exact_f1(masks.ravel(), maps.ravel())
    exact = roc_auc_score(masks.ravel(), maps.ravel())
    assert abs(pixel_auroc(histogram) - exact) < 1e-4
    assert abs(pixel_auroc(histogram) - exact) <= auroc_bound(histogram) + 1e-12
    assert abs(pixel_f1(histogram) - f1) < 1e-3
    assert -1e-12 <= f1 - pixel_f1(histogram) <= f1_bound(histogram) + 1e-12
    if shape not in TIED:
        assert auroc_bound(histogram) < 1e-4


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(-1e6, 1e6, width=32)), min_size=4, max_size=40
    ).filter(lambda rows: len({bad for bad, _ in rows}) == 2)
)
def test_error_never_exceeds_the_stated_bound(rows):
    masks = np.array([bad for bad, _ in rows], np.uint8).reshape(1, 1, -1)
    maps = np.array([score for _, score in rows], np.float32).reshape(1, 1, -1)
    histogram = pixel_histogram([(maps, masks)])
    exact = roc_auc_score(masks.ravel(), maps.ravel())
    assert abs(pixel_auroc(histogram) - exact) <= auroc_bound(histogram) + 1e-12
    f1 = exact_f1(masks.ravel(), maps.ravel())
    assert -1e-9 <= f1 - pixel_f1(histogram) <= f1_bound(histogram) + 1e-9
    assert 0 <= pixel_auroc(histogram) <= 1
    assert 0 < pixel_f1(histogram) <= 1


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0), (1e6, 0), (-1, 0), (3, 1e4)])
def test_scale_and_offset_of_the_scores_do_not_matter(scale, offset):
    rng, masks = world(2)
    maps = rng.gamma(2, size=masks.shape) + masks
    plain = pixel_auroc(pixel_histogram([(maps, masks)]))
    moved = pixel_auroc(pixel_histogram([(scale * maps + offset, masks)]))
    assert moved == pytest.approx(plain if scale > 0 else 1 - plain, abs=1e-4)


def test_scores_that_crowd_far_from_the_reference_are_told_by_the_bounds():
    rng, masks = world(5)
    scores = 50 * rng.integers(0, 2, masks.shape) + 1e-4 * (rng.normal(size=masks.shape) + masks)
    maps = scores.astype(np.float32)
    histogram = pixel_histogram([(maps, masks)])
    error = abs(pixel_auroc(histogram) - roc_auc_score(masks.ravel(), maps.ravel()))
    assert 1e-4 < error < auroc_bound(histogram)


@pytest.mark.parametrize("chunk", [1, 4, 6])
def test_chunks_do_not_change_a_count(chunk):
    rng, masks = world(0, side=200)
    maps = rng.normal(size=masks.shape).astype(np.float32)
    whole = PixelHistogram()
    whole.update(maps, masks)
    parts = pixel_histogram(chunks_of(maps, masks, chunk))
    assert parts.reference_ == whole.reference_
    for name in ("good_", "bad_", "region_"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert whole.good_.sum() + whole.bad_.sum() == maps.size


def test_occupied_bins_hold_everything_in_ascending_order():
    rng, masks = world(4)
    histogram = pixel_histogram([(rng.normal(size=masks.shape), masks)])
    index, good, bad, region = histogram.occupied()
    assert (np.diff(index) > 0).all()
    assert (good + bad > 0).all()
    for part, whole in ((good, "good_"), (bad, "bad_"), (region, "region_")):
        np.testing.assert_array_equal(part, getattr(histogram, whole)[index])
        assert part.sum() == pytest.approx(getattr(histogram, whole).sum())


def test_memory_maps_read_like_arrays_and_the_rest_of_a_frame_may_be_anything(tmp_path):
    rng, masks = world(1)
    maps = rng.normal(size=masks.shape).astype(np.float32)
    roi = np.zeros(masks.shape[1:], bool)
    roi[5:50, 3:60] = True
    expected = pixel_histogram([(maps, masks)], roi).good_
    np.save(tmp_path / "maps.npy", np.where(roi, maps, np.float32(np.nan)))
    stored = np.load(tmp_path / "maps.npy", mmap_mode="r")
    found = pixel_histogram(chunks_of(stored, masks, 4), roi).good_
    np.testing.assert_array_equal(found, expected)


def test_threshold_calls_the_pixels_that_the_f1_counted():
    rng, masks = world(3)
    maps = (rng.normal(size=masks.shape) + 2 * masks - 5).astype(np.float32)
    histogram = pixel_histogram([(maps, masks)])
    called = maps >= pixel_f1_threshold(histogram)
    f1 = 2 * (called & (masks > 0)).sum() / (called.sum() + masks.sum())
    assert f1 == pytest.approx(pixel_f1(histogram), abs=1e-4)


def test_only_known_images_and_the_region_of_interest_count():
    rng, masks = world(1)
    maps = rng.normal(size=masks.shape).astype(np.float32)
    known = np.array([True, False, True, True, True, False])
    roi = np.zeros(masks.shape[1:], bool)
    roi[10:60, 5:50] = True
    histogram = pixel_histogram(chunks_of(maps[known], masks[known], 3), roi)
    inside = masks[known][:, roi]
    assert histogram.bad_.sum() == inside.sum()
    assert histogram.good_.sum() == (inside == 0).sum()
    exact = roc_auc_score(inside.ravel(), maps[known][:, roi].ravel())
    assert pixel_auroc(histogram) == pytest.approx(exact, abs=1e-4)


def test_one_class_gives_nan_and_no_warning():
    maps = np.random.default_rng(0).normal(size=(2, 8, 8)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for masks in (np.zeros((2, 8, 8)), np.ones((2, 8, 8))):
            histogram = pixel_histogram([(maps, masks)])
            assert math.isnan(pixel_auroc(histogram))
            assert math.isnan(pixel_f1(histogram))
        assert math.isnan(pixel_auroc(pixel_histogram([])))
        assert math.isnan(pixel_f1_threshold(pixel_histogram([])))


def test_constant_maps_are_chance():
    _, masks = world()
    histogram = pixel_histogram([(np.full(masks.shape, 3.5, np.float32), masks)])
    assert pixel_auroc(histogram) == 0.5


def test_misfits_are_refused_in_one_line():
    maps = np.zeros((1, 4, 4), np.float32)
    with pytest.raises(VadlineError, match="upsample"):
        pixel_histogram([(maps, np.zeros((1, 8, 8)))])
    with pytest.raises(VadlineError, match="region of interest"):
        pixel_histogram([(maps, np.zeros((1, 4, 4)))], np.ones((8, 8), bool))
    maps[0, 0, 0] = np.nan
    with pytest.raises(VadlineError, match="NaN"):
        pixel_histogram([(maps, np.zeros((1, 4, 4)))])

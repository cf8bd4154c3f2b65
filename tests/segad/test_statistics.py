from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kurtosis, skew
from threadpoolctl import threadpool_limits

from vadline.defects.synthetic import OUTSIDE
from vadline.errors import VadlineError
from vadline.segad import (
    SegmentParams,
    feature_frame,
    grid_segments,
    make_segments,
    segment_maxima,
    segment_statistics,
    vad_segments,
)


def reference(anomaly_map, labels, count):
    rows = []
    for label in range(count):
        pixels = anomaly_map[labels == label].astype(float)
        if not pixels.size:
            rows.append([0, 0, 0, 0])
            continue
        rows.append([np.quantile(pixels, 0.995), skew(pixels), kurtosis(pixels), pixels.mean()])
    return np.array(rows)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["gamma", "normal", "lognormal"]))
def test_equal_to_scipy_segment_by_segment(seed, kind):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 6, (20, 30)).astype(np.uint8)
    maps = {
        "gamma": lambda: rng.gamma(2, size=(3, 20, 30)),
        "normal": lambda: 100 + rng.normal(size=(3, 20, 30)),
        "lognormal": lambda: rng.lognormal(sigma=2, size=(3, 20, 30)),
    }[kind]().astype(np.float32)
    found = segment_statistics(maps, labels, 6)
    expected = np.stack([reference(m, labels, 6) for m in maps])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


HARD = {
    "tiny spread on an offset": lambda rng, shape: 1e6 + rng.normal(size=shape),
    "cauchy": lambda rng, shape: rng.standard_cauchy(shape),
    "student": lambda rng, shape: rng.standard_t(3, shape),
    "lognormal": lambda rng, shape: rng.lognormal(sigma=8, size=shape),
    "tiny": lambda rng, shape: 1e-20 * rng.gamma(2, size=shape),
    "huge": lambda rng, shape: 1e30 * rng.normal(size=shape),
    "zeros and a peak": lambda rng, shape: (
        1e3 * (np.arange(np.prod(shape)) % 4001 == 9).reshape(shape)
    ),
    "opposite peaks": lambda rng, shape: (
        rng.normal(0.5, 1e-3, shape) + 1e3 * rng.choice([-1, 0, 1], shape, p=[1e-3, 1 - 2e-3, 1e-3])
    ),
    "ties": lambda rng, shape: rng.integers(0, 3, shape),
    "every sixteenth": lambda rng, shape: (
        rng.normal(0, 1e-2, shape) + 5 * (np.arange(shape[-1]) % 16 == 0)
    ),
}


@pytest.mark.parametrize("kind", HARD)
def test_hard_data_are_as_exact(kind):
    labels, names = vad_segments((128, 128))
    maps = HARD[kind](np.random.default_rng(0), (2, 128, 128)).astype(np.float32)
    found = segment_statistics(maps, labels, len(names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # SciPy's, on constant segments
        expected = np.nan_to_num([reference(m, labels, len(names)) for m in maps])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pixels", [1, 30_000, 1 << 21])
def test_chunks_do_not_change_the_numbers(monkeypatch, pixels):
    maps = np.random.default_rng(0).gamma(2, size=(5, 200, 200)).astype(np.float32)
    maps[3, ::50, ::50] += 1e3  # heavy tails take another way
    labels, _ = grid_segments((200, 200), 1, 2)
    whole = segment_statistics(maps, labels, 2)
    monkeypatch.setattr("vadline.segad.statistics.CHUNK_PIXELS", pixels)
    np.testing.assert_array_equal(segment_statistics(maps, labels, 2), whole)
    own = np.repeat(labels[None], len(maps), axis=0)
    np.testing.assert_array_equal(segment_statistics(maps, own, 2), whole)


def test_threads_do_not_change_the_numbers():
    maps = np.random.default_rng(0).gamma(2, size=(3, 256, 256)).astype(np.float32)
    labels = np.zeros((256, 256), np.uint8)
    with threadpool_limits(1):
        alone = segment_statistics(maps, labels)
    with threadpool_limits(4):
        np.testing.assert_array_equal(segment_statistics(maps, labels), alone)


LARGE = {
    "gamma": lambda rng: rng.gamma(2, size=(80, 90)),
    "constant": lambda rng: np.full((80, 90), 3.5),
    "two values": lambda rng: (rng.random((80, 90)) < 0.004) * 7.0,
    "a sample that sees only the highest": lambda rng: (np.arange(7200) % 16 == 0).reshape(80, 90),
    "a sample that sees none of them": lambda rng: (np.arange(7200) % 16 == 5).reshape(80, 90),
    "without end": lambda rng: np.where(rng.random((80, 90)) < 0.001, np.inf, 1.0),
}


@pytest.mark.parametrize("kind", LARGE)
def test_the_quantile_of_many_pixels_is_numpy_s(kind):
    maps = np.stack([LARGE[kind](np.random.default_rng(seed)) for seed in (0, 1)]).astype("f4")
    found = segment_statistics(maps, np.zeros(maps.shape[1:], np.uint8), 1)[:, 0, 0]
    np.testing.assert_allclose(found, np.quantile(maps.reshape(2, -1), 0.995, axis=1), rtol=1e-7)


def test_nan_stays_in_its_segment_and_memory_maps_stay_as_they_are(tmp_path):
    maps = np.random.default_rng(0).normal(size=(2, 40, 40)).astype(np.float32)
    maps[0, 3, 3] = np.nan
    np.save(tmp_path / "maps.npy", maps)
    stored = np.load(tmp_path / "maps.npy", mmap_mode="r+")
    labels, _ = grid_segments((40, 40), 1, 2)
    found = segment_statistics(stored, labels)
    assert np.isnan(found[0, 0]).all()
    large = np.ones((1, 80, 90), np.float32)
    large[0, 7, 7] = np.nan
    assert np.isnan(segment_statistics(large, np.zeros((80, 90), np.uint8))).all()
    assert np.isfinite(found[0, 1]).all()
    assert np.isfinite(found[1]).all()
    np.testing.assert_array_equal(stored, maps)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_outside_of_the_region_maps_may_be_anything(seed, own):
    rng = np.random.default_rng(seed)
    roi = rng.random((20, 30)) < 0.7
    roi[:7, :10] = False  # the first cell is empty
    labels, names = make_segments(SegmentParams(kind="grid"), (20, 30), roi)
    labels = np.repeat(labels[None], 3, axis=0) if own else labels
    maps = rng.gamma(2, size=(3, 20, 30)).astype(np.float32)
    found = segment_statistics(maps, labels, len(names))
    noise = rng.choice([0, 1e30, np.nan, -5], maps.shape)
    other = np.where(roi, maps, noise).astype(np.float32)
    np.testing.assert_array_equal(segment_statistics(other, labels, len(names)), found)
    everywhere = grid_segments((20, 30), 3, 3)[0]
    parts = np.where(roi, everywhere, 9)
    expected = np.stack([reference(m, parts, 9) for m in maps])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert not found[:, 0].any()
    assert segment_statistics(maps, labels).shape == found.shape


@pytest.mark.parametrize("value", [0.0, 3.7, 1e6, -0.1])
def test_empty_and_constant_segments_are_finite_and_silent(value):
    maps = np.full((2, 10, 10), value, np.float32)
    labels, _ = grid_segments((10, 10), 1, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = segment_statistics(maps, labels, 3)
    np.testing.assert_array_equal(found[:, 2], 0)
    np.testing.assert_allclose(found[:, :2, [0, 3]], np.float32(value), rtol=1e-12)
    np.testing.assert_array_equal(found[:, :2, 1:3], 0)


def test_a_one_pixel_segment_is_its_own_quantile():
    maps = np.arange(4, dtype=np.float32).reshape(1, 2, 2)
    found = segment_statistics(maps, np.array([[0, 0], [0, 1]], np.uint8))
    np.testing.assert_array_equal(found[0, 1], [3, 0, 0, 3])


def test_columns_are_named_by_detector_segment_and_statistic():
    statistics = np.arange(16.0).reshape(2, 2, 4)
    frame = feature_frame(statistics, "padim", ("left", "right"), ["a", "b"])
    assert frame.loc["b", "padim.left.q995"] == 8
    assert frame.loc["b", "padim.right.mean"] == 15
    assert list(frame.columns[:4]) == [
        "padim.left.q995",
        "padim.left.skewness",
        "padim.left.kurtosis",
        "padim.left.mean",
    ]
    assert frame.index.name == "image_id"


def test_no_images_give_an_empty_table():
    found = segment_statistics(np.zeros((0, 8, 8), np.float32), np.zeros((8, 8), np.uint8))
    assert feature_frame(found, "padim", ("whole",), []).shape == (0, 4)


def test_misfits_are_refused():
    with pytest.raises(VadlineError, match="do not fit"):
        segment_statistics(np.zeros((1, 8, 8), np.float32), np.zeros((4, 4), np.uint8))
    with pytest.raises(VadlineError, match="label 5"):
        segment_statistics(np.zeros((1, 8, 8), np.float32), np.full((8, 8), 5, np.uint8), 3)
    with pytest.raises(VadlineError, match="1 segments, 2 names"):
        feature_frame(np.zeros((3, 1, 4)), "padim", ("left", "right"), ["a", "b", "c"])


def test_maxima_are_those_of_each_segment():
    maps = np.random.default_rng(0).normal(size=(4, 6, 6)).astype(np.float32) - 3
    segments = np.repeat(np.arange(6, dtype=np.uint8)[:, None] // 2, 6, axis=1)
    segments[0, 0] = OUTSIDE
    maps[:, 0, 0] = 99
    found = segment_maxima(maps, segments, 4)
    for label in range(3):
        np.testing.assert_array_equal(found[:, label], maps[:, segments == label].max(axis=1))
    assert (found[:, 3] == 0).all()  # empty
    own = np.stack([segments, segments.T, segments, segments.T])
    each = segment_maxima(maps, own, 4)
    np.testing.assert_array_equal(each[::2], found[::2])
    np.testing.assert_array_equal(each[1::2], segment_maxima(maps, segments.T, 4)[1::2])

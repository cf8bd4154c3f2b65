"""Pixel metrics and segment statistics against scikit-learn's, anomalib's and SciPy's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score

from vadline.bench.measure import Lap
from vadline.detectors import upsample_and_blur
from vadline.metrics import aupro, pixel_auroc, pixel_f1, pixel_histogram
from vadline.segad import segment_statistics
from vadline.segad.vad_layout import vad_segments

_GRID, _CHUNK, _CHECKED = 32, 32, 50
Maps = NDArray[np.float32]
Masks = NDArray[np.uint8]


def made_maps(count: int, size: int) -> tuple[Maps, Masks]:
    """Draw anomaly maps of parts, half of them with one to three defects that the map half sees.

    Returns
    -------
    maps : ndarray, float32, shape (count, size, size)
    masks : ndarray, uint8, shape (count, size, size)
        The same at every call.
    """
    rng = np.random.default_rng(0)
    maps = np.empty((count, size, size), np.float32)
    masks = np.zeros((count, size, size), np.uint8)
    y, x = np.mgrid[:size, :size] / size
    for image in range(count):
        noise = rng.gamma(9, 0.1, (1, _GRID, _GRID)).astype(np.float32)
        maps[image] = upsample_and_blur(noise, size)[0]
        for _ in range(rng.integers(1, 4) if image % 2 else 0):
            (row, column), radius = rng.uniform(0.1, 0.9, 2), rng.uniform(0.02, 0.1)
            distance = np.hypot(y - row, x - column) / radius
            masks[image] |= distance < 1
            maps[image] += rng.uniform(0.1, 1) * np.exp(-(distance**2)).astype(np.float32)
    return maps, masks


def _chunks(maps: Maps, masks: Masks) -> Iterator[tuple[Maps, Masks]]:
    for start in range(0, len(maps), _CHUNK):
        yield maps[start : start + _CHUNK], masks[start : start + _CHUNK]


def our_auroc(count: int, size: int) -> dict[str, Lap]:
    """Pixel AUROC and F1 from one pass into histograms."""
    maps, masks = made_maps(count, size)

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        histogram = pixel_histogram(_chunks(maps, masks), regions=False)
        found = {"pixel_auroc": pixel_auroc(histogram), "pixel_f1": pixel_f1(histogram)}
        return lambda: found

    return {"": measure}


def sklearn_auroc(count: int, size: int) -> dict[str, Lap]:
    """Pixel AUROC alone, by ``roc_auc_score`` over all pixels."""
    maps, masks = made_maps(count, size)

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        found = {"pixel_auroc": float(roc_auc_score(masks.ravel(), maps.ravel()))}
        return lambda: found

    return {"": measure}


def our_aupro(count: int, size: int) -> dict[str, Lap]:
    """AUPRO, with the components' labelling."""
    maps, masks = made_maps(count, size)

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        found = {"aupro": aupro(pixel_histogram(_chunks(maps, masks)))}
        return lambda: found

    return {"": measure}


def anomalib_aupro(count: int, size: int) -> dict[str, Lap]:
    """AUPRO by anomalib's metric, fed in batches."""
    from anomalib.metrics.aupro import _AUPRO

    maps, masks = made_maps(count, size)

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        metric = _AUPRO()
        for some, truth in _chunks(maps, masks):
            metric.update(torch.from_numpy(some), torch.from_numpy(truth).int())
        found = {"aupro": float(metric.compute())}
        return lambda: found

    return {"": measure}


def our_statistics(count: int, size: int) -> dict[str, Lap]:
    """Four statistics of each segment of VAD's layout in each map; the error is SciPy's view."""
    maps, _ = made_maps(count, size)
    segments, names = vad_segments((size, size))

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        found = segment_statistics(maps, segments, len(names))

        def error() -> dict[str, float]:
            some = slice(None, None, max(1, count // _CHECKED))
            plain = scipy_loop(maps[some], segments, len(names))
            return {"error": float((np.abs(found[some] - plain) / (1 + np.abs(plain))).max())}

        return error

    return {"": measure}


def scipy_statistics(count: int, size: int) -> dict[str, Lap]:
    """Do the same, one call for each image, segment and statistic."""
    maps, _ = made_maps(count, size)
    segments, names = vad_segments((size, size))

    def measure(seed: int) -> Callable[[], dict[str, float]]:
        scipy_loop(maps, segments, len(names))
        return dict

    return {"": measure}


def scipy_loop(maps: Maps, segments: Masks, count: int) -> NDArray[np.float64]:
    """Describe each segment of each map as SegAD's paper does, as plainly as can be."""
    insides = [segments == label for label in range(count)]

    def describe(pixels: Maps) -> list[float]:
        moments = [stats.skew(pixels), stats.kurtosis(pixels), pixels.mean()]
        return [np.quantile(pixels, 0.995), *moments]

    return np.array([[describe(image[inside]) for inside in insides] for image in maps])

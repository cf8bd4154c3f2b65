"""One pass over anomaly maps into three histograms, from which every pixel metric follows.

A full ROC over 10**8 pixels sorts them all in memory. Here each score falls into one of 2**21 bins
that are laid out like floating-point numbers around a reference score (the median of the first
chunk): sign, 8 bits of exponent and 12 bits of mantissa of ``score - reference``. A bin is
therefore never wider than 1/4096 of its distance from the reference, at any scale and far into
any tail, needs no edges chosen beforehand, and histograms of different chunks simply add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from vadline.errors import VadlineError
from vadline.metrics.aupro import region_weights

MANTISSA_BITS = 12
SHIFT = 23 - MANTISSA_BITS
BINS = 1 << (9 + MANTISSA_BITS)
SIGN = np.uint32(0x80000000)


class PixelHistogram:
    """Counts of good and bad pixels over the bins of their anomaly scores.

    Parameters
    ----------
    reference : float, optional
        Score around which the bins are finest; by default the median of the first chunk.
    regions : bool
        Whether to label the defects' connected components, which AUPRO needs.

    Attributes
    ----------
    reference_ : float
        The reference in use.
    good_, bad_ : ndarray of int64, shape (BINS,)
        Pixels outside and inside of the ground truth, by ascending score.
    region_ : ndarray of float64, shape (BINS,)
        Bad pixels, each weighted by 1 / size of its connected component.
    n_regions_ : int
        Components seen.
    """

    def __init__(self, reference: float | None = None, regions: bool = True) -> None:
        self.reference = reference
        self.regions = regions
        self.reference_ = None if reference is None else float(np.float32(reference))
        self.good_ = np.zeros(BINS, np.int64)
        self.bad_ = np.zeros(BINS, np.int64)
        self.region_ = np.zeros(BINS, np.float64)
        self.n_regions_ = 0

    def update(self, maps: np.ndarray, masks: np.ndarray, roi: np.ndarray | None = None) -> None:
        """Add some images.

        Parameters
        ----------
        maps : ndarray of float32, shape (n, H, W)
            Anomaly maps, higher = more anomalous.
        masks : ndarray, shape (n, H, W)
            Ground truth, non-zero on defects.
        roi : ndarray of bool, shape (H, W), optional
            Pixels that count; everything by default.

        Raises
        ------
        VadlineError
            If the shapes differ or a score is not finite.
        """
        maps, masks = np.asarray(maps, np.float32), np.asarray(masks) != 0
        _check_shapes(maps, masks, roi)
        if roi is not None:
            masks = masks & roi
        scores, bad = (a.ravel() if roi is None else a[:, roi].ravel() for a in (maps, masks))
        if not np.isfinite(scores).all():
            raise VadlineError("anomaly maps hold NaN or infinity: look at the detector's fit")
        if not scores.size:
            return
        if self.reference_ is None:
            self.reference_ = float(np.median(scores[:: max(1, scores.size // 100_000)]))
        bins = self._bins(scores)
        bad_bins = bins[bad]
        self.good_ += np.bincount(bins, minlength=BINS)
        # Bad pixels are few: adding them one by one is cheaper than another full histogram.
        np.subtract.at(self.good_, bad_bins, 1)
        np.add.at(self.bad_, bad_bins, 1)
        if self.regions and bad_bins.size:
            weights, count = region_weights(masks)
            np.add.at(self.region_, bad_bins, weights[masks])
            self.n_regions_ += count

    def threshold(self, index: int) -> float:
        """Lowest score that falls into a bin: ``scores >= threshold(i)`` are bins i and up."""
        key = np.uint32(index << SHIFT)
        bits = key ^ SIGN if key & SIGN else ~key
        return float(np.array(bits, np.uint32).view(np.float32)) + self.reference_

    def _bins(self, scores: np.ndarray) -> np.ndarray:
        # Adding zero turns -0.0 into 0.0, so that equal scores share a bin.
        bits = ((scores - np.float32(self.reference_)) + np.float32(0)).view(np.uint32)
        # Flip so that unsigned order is the order of the scores.
        ordered = np.where(bits & SIGN, ~bits, bits ^ SIGN)
        return (ordered >> np.uint32(SHIFT)).astype(np.int32)


def pixel_histogram(
    chunks: Iterable[tuple[np.ndarray, np.ndarray]],
    roi: np.ndarray | None = None,
    *,
    regions: bool = True,
) -> PixelHistogram:
    """Collect (maps, masks) chunks, each (n, H, W), into one histogram.

    See `PixelHistogram.update` for the arrays, `known_chunks` for a source of chunks.
    """
    histogram = PixelHistogram(regions=regions)
    for maps, masks in chunks:
        histogram.update(maps, masks, roi)
    return histogram


def known_chunks(
    maps: np.ndarray,
    masks: np.ndarray,
    mask_known: ArrayLike | None = None,
    *,
    upsample: Callable[[np.ndarray], np.ndarray] | None = None,
    chunk: int = 32,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walk over the images whose ground truth is known, a few at a time.

    Parameters
    ----------
    maps : ndarray of float32, shape (N, h, w)
        Anomaly maps; a memory map is read chunk by chunk.
    masks : ndarray, shape (N, H, W)
        Ground truth, zero on good parts.
    mask_known : array_like of bool, shape (N,), optional
        Images to take; all by default.
    upsample : callable, optional
        Brings a chunk (n, h, w) to (n, H, W).
    chunk : int
        Images at a time.

    Yields
    ------
    tuple of ndarray
        Maps and masks, both (n, H, W).
    """
    known = np.ones(len(maps), bool) if mask_known is None else np.asarray(mask_known, bool)
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        yield (maps[part] if upsample is None else upsample(maps[part])), masks[part]


def _check_shapes(maps: np.ndarray, masks: np.ndarray, roi: np.ndarray | None) -> None:
    if maps.shape != masks.shape:
        raise VadlineError(
            f"anomaly maps {maps.shape} and masks {masks.shape} differ: upsample the maps first"
        )
    if roi is not None and roi.shape != maps.shape[1:]:
        raise VadlineError(
            f"region of interest {roi.shape} does not fit maps of {maps.shape[1:]}: resize it"
        )

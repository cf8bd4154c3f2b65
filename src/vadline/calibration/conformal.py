"""What thresholds from good parts can promise: split-conformal prediction.

A new good part is exchangeable with ``n`` good parts that the detector did not learn from, so its
score is as likely to take any of the n + 1 ranks among them (Vovk, Gammerman and Shafer 2005; Lei
et al. 2018). It exceeds the k-th smallest of theirs with probability at most ``1 - k / (n + 1)``,
whatever the scores' distribution; the probability is over the draw of all n + 1 parts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadline.errors import VadlineError
from vadline.metrics.histogram import pixel_histogram

# Makes 20 * 0.05 a whole 1, whichever way binary floating point rounds it.
_UP = 1 + 1e-12


@dataclass(frozen=True)
class Promise:
    """A threshold and the false-reject rate that it keeps.

    Attributes
    ----------
    threshold : float
        Reject a part whose score is above; NaN where there is no good part.
    asked : float
        The false-reject rate that was asked for, in (0, 1).
    promised : float
        The rate that can be promised for a new good part: ``max(asked, 1 / (goods + 1))``.
    goods : int
        Good parts that the threshold was taken from.
    goods_needed : int
        The fewest good parts with which ``asked`` can be promised.
    """

    threshold: float
    asked: float
    promised: float
    goods: int
    goods_needed: int

    @property
    def kept(self) -> bool:
        """Whether the rate that was asked for is promised."""
        return self.goods >= self.goods_needed

    def in_words(self) -> str:
        """Say in one sentence for a log what is promised, and what it would take."""
        asked, needed = percent(self.asked), self.goods_needed
        if self.goods == 0:
            return (
                f"Without good parts no false-reject rate can be promised; {asked} takes {needed}."
            )
        parts = f"{self.goods} good part{'s' if self.goods > 1 else ''}"
        if self.kept:
            return f"With {parts} a false-reject rate of at most {asked} can be promised."
        return (
            f"With {parts} no false-reject rate below {percent(self.promised)} can be promised;"
            f" {asked} takes {needed}."
        )


def percent(share: float) -> str:
    """Write a share for people: 0.05 is "5.0 %", 0.0005 is "0.05 %"."""
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"


def promise(goods: ArrayLike, rate: float) -> Promise:
    """Return the threshold that good parts exceed at most at a given rate, as far as they can say.

    Parameters
    ----------
    goods : array_like, float, shape (n,)
        Scores of good parts by detectors that did not learn from them.
    rate : float
        Share of good parts that may be rejected, in (0, 1).

    Returns
    -------
    Promise
        Its threshold is the k-th smallest score, ``k = ceil((n + 1) (1 - rate))``; the largest
        where k is above n.

    Raises
    ------
    VadlineError
        If the rate is outside of (0, 1) or a score is not finite.
    """
    scores = np.sort(_finite(goods))
    n, allowed = len(scores), _allowed(np.size(goods), rate)
    needed = math.ceil(1 / (rate * _UP)) - 1
    threshold = float(scores[n - max(allowed, 1)]) if n else float("nan")
    promised = float(rate) if n >= needed else 1 / (n + 1)
    return Promise(threshold, float(rate), promised, n, needed)


def conformal_rank(scores: ArrayLike, goods: ArrayLike) -> NDArray[np.float64]:
    """Return, for each score, the share of good parts that score lower.

    Parameters
    ----------
    scores : array_like, float, shape (N,)
    goods : array_like, float, shape (n,)
        As `promise` takes them.

    Returns
    -------
    ndarray, float64, shape (N,)
        ``(#lower + 1/2) / (n + 1)``: within (0, 1), comparable across detectors and runs; 1/2
        without good parts, NaN for a score that is NaN.

    Raises
    ------
    VadlineError
        If a good part's score is not finite.
    """
    known, new = np.sort(_finite(goods)), np.asarray(scores, np.float64)
    rank = (np.searchsorted(known, new, "left") + 0.5) / (len(known) + 1)
    return np.where(np.isnan(new), np.nan, rank)


def pixel_threshold(
    chunks: Iterable[NDArray[np.float32]], rate: float, roi: NDArray[np.bool_] | None = None
) -> float:
    """Return the value that at most a given share of good pixels exceed, in one pass.

    No map is kept: how many of the largest values matter is known only after the last map, so
    pixels are counted in `vadline.metrics.histogram`'s bins and the threshold is the upper edge of
    one. The share is kept exactly; the edge lies above the value that sorting would give by at
    most 1/4096 of its distance from the histogram's reference.

    Parameters
    ----------
    chunks : iterable of ndarray, float32, shape (n, H, W)
        Pixel-sized anomaly maps of good parts.
    rate : float
        Share of pixels that may exceed the threshold, in (0, 1).
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; no other pixel counts.

    Returns
    -------
    float
        As `promise` has it for the pixels' values; NaN without a pixel.

    Raises
    ------
    VadlineError
        If the rate is outside of (0, 1), a value is not finite or the region does not fit.
    """
    _allowed(0, rate)
    pairs = ((maps, np.zeros(np.shape(maps), np.uint8)) for maps in chunks)
    histogram = pixel_histogram(pairs, roi, regions=False)
    index, good, _, _ = histogram.occupied()
    if not len(index):
        return float("nan")
    above = good.sum() - np.cumsum(good)
    most = max(_allowed(int(good.sum()), rate), 1) - 1
    return histogram.threshold(int(index[np.argmax(above <= most)]) + 1)


def _allowed(n: int, rate: float) -> int:
    """Return how many of n + 1 exchangeable scores may lie above a threshold."""
    if not 0 < rate < 1:
        raise VadlineError(f"a false-reject rate of {rate} is no share: give one between 0 and 1")
    return min(math.floor((n + 1) * rate * _UP), n)


def _finite(goods: ArrayLike) -> NDArray[np.float64]:
    scores = np.asarray(goods, np.float64).ravel()
    if not np.isfinite(scores).all():
        raise VadlineError(
            "scores of good parts hold NaN or infinity: leave out parts without a score"
        )
    return scores

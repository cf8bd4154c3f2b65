"""What thresholds from good parts can promise: split-conformal prediction.

A new good part is exchangeable with ``n`` good parts that the detector did not learn from, so its
score is as likely to take any of the n + 1 ranks among them (Vovk, Gammerman and Shafer 2005; Lei
et al. 2018). It exceeds the k-th smallest of theirs with probability at most ``1 - k / (n + 1)``,
whatever the scores' distribution; the probability is over the draw of all n + 1 parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadline.errors import VadlineError

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

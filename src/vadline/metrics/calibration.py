"""From scores to decisions, by good parts that nothing was learnt from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def reject_threshold(goods: ArrayLike, rate: float) -> float:
    """Return the score above which a part is called bad.

    Parameters
    ----------
    goods : array_like, float, shape (n,)
        Scores of the calibration part's good images.
    rate : float
        Share of good parts that may be rejected, in (0, 1).

    Returns
    -------
    float
        The smallest calibration score that at most ``rate`` of them exceed; NaN without any.
    """
    scores = np.sort(np.asarray(goods, np.float64))
    if len(scores) == 0:
        return float("nan")
    return float(scores[len(scores) - 1 - int(rate * len(scores))])


def calibrated_scores(scores: ArrayLike, goods: ArrayLike) -> NDArray[np.float64]:
    """Return, for each score, the share of good parts that score lower (a conformal rank).

    Parameters
    ----------
    scores : array_like, float, shape (N,)
    goods : array_like, float, shape (n,)
        Scores of the calibration part's good images.

    Returns
    -------
    ndarray, float64, shape (N,)
        ``(#lower + 1/2) / (n + 1)``: within (0, 1), comparable across detectors and runs.
    """
    below = np.searchsorted(np.sort(np.asarray(goods, np.float64)), np.asarray(scores), "left")
    return (below + 0.5) / (np.size(goods) + 1)

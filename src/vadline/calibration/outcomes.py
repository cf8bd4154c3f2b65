"""What becomes of a part: accepted, rejected, or looked at again."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from vadline.errors import VadlineError

ACCEPT, REVIEW, REJECT, UNDECIDED = "accept", "review", "reject", "undecided"
OUTCOMES = (ACCEPT, REVIEW, REJECT, UNDECIDED)


def counted(decisions: pd.Series) -> str:
    """Say how many parts there are of each outcome, in the order of `OUTCOMES`."""
    counts = decisions.value_counts()
    return ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if name in counts)


def outcomes(scores: ArrayLike, reject: float, review: float | None = None) -> NDArray[np.str_]:
    """Decide on parts by their scores.

    Parameters
    ----------
    scores : array_like, float, shape (N,)
        Anomaly scores, higher = more anomalous.
    reject : float
        Threshold above which a part is rejected; NaN where none is known.
    review : float, optional
        Threshold above which a part that is not rejected is looked at again; nothing is by
        default.

    Returns
    -------
    ndarray, str, shape (N,)
        ``"accept"``, ``"review"`` or ``"reject"``; ``"undecided"`` where the score or a threshold
        is NaN.

    Raises
    ------
    VadlineError
        If the review threshold lies above the reject threshold.
    """
    score = np.asarray(scores, np.float64)
    lower = reject if review is None else review
    if lower > reject:
        raise VadlineError(
            f"the review threshold {lower:g} lies above the reject threshold {reject:g}:"
            " ask for review at a larger false-reject rate"
        )
    unknown = np.isnan(score) | np.isnan(reject) | np.isnan(lower)
    return np.select([unknown, score > reject, score > lower], [UNDECIDED, REJECT, REVIEW], ACCEPT)

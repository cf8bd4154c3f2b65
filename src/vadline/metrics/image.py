"""Image-level metrics: one label and one anomaly score per part.

``labels`` are 1 (or True) for bad parts and 0 for good ones, ``scores`` are higher for more
anomalous parts; both have shape (N,). Where the labels hold one class only, the answer is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import precision_recall_curve, roc_auc_score

from vadline.errors import VadlineError

_TINY = np.finfo(float).tiny


def image_auroc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve; ties count one half."""
    bad, score = _checked(labels, scores)
    return float(roc_auc_score(bad, score)) if _has_both(bad) else float("nan")


def image_f1(labels: ArrayLike, scores: ArrayLike) -> float:
    """Give the best F1 of the bad class over all thresholds."""
    bad, score = _checked(labels, scores)
    if not _has_both(bad):
        return float("nan")
    precision, recall, _ = precision_recall_curve(bad, score)
    return float((2 * precision * recall / np.maximum(precision + recall, _TINY)).max())


def fpr_at_tpr(labels: ArrayLike, scores: ArrayLike, tpr: float = 0.95) -> float:
    """Share of good parts rejected at the threshold that catches ``tpr`` of the bad.

    As SegAD's authors have it: the threshold is the ``1 - tpr`` quantile of the bad parts' scores,
    interpolated between two of them, and good parts at it or above count.

    Parameters
    ----------
    labels, scores : array_like, shape (N,)
        Bad flags and anomaly scores.
    tpr : float
        Wanted true-positive rate, in (0, 1].
    """
    bad, score = _checked(labels, scores)
    if not _has_both(bad):
        return float("nan")
    # 1 - 0.95 is a little more than 0.05: the threshold would leave the bad part that it falls on.
    threshold = np.quantile(score[bad], round(1 - tpr, 12))
    return float((score[~bad] >= threshold).mean())


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    bad = np.asarray(labels).astype(bool).ravel()
    score = np.asarray(scores, dtype=np.float64).ravel()
    if bad.shape != score.shape:
        raise VadlineError(f"{score.size} scores for {bad.size} labels: give one score per part")
    if not np.isfinite(score).all():
        raise VadlineError("image scores hold NaN or infinity: look at the detector's anomaly maps")
    return bad, score


def _has_both(bad: np.ndarray) -> bool:
    return bool(bad.any() and not bad.all())

"""Overlap of predicted and true masks: IOU and DICE, F2PAD eq. 17."""

from __future__ import annotations

import numpy as np

from vadline.errors import VadlineError


def iou(masks: np.ndarray, truth: np.ndarray, roi: np.ndarray | None = None) -> np.ndarray:
    """Intersection over union of each image, \\|M ∩ Y\\| / \\|M ∪ Y\\| (F2PAD eq. 17).

    Parameters
    ----------
    masks, truth : ndarray, shape (N, H, W)
        Predicted and true defect masks, non-zero on defects.
    roi : ndarray, bool, shape (H, W), optional
        Pixels that count.

    Returns
    -------
    ndarray, float64, shape (N,)
        In [0, 1]; 1 where both masks are empty.
    """
    both, predicted, true = _areas(masks, truth, roi)
    union = predicted + true - both
    return np.where(union > 0, both / np.maximum(union, 1), 1.0)


def dice(masks: np.ndarray, truth: np.ndarray, roi: np.ndarray | None = None) -> np.ndarray:
    """Dice coefficient of each image, 2 \\|M ∩ Y\\| / (\\|M\\| + \\|Y\\|) (F2PAD eq. 17).

    Arguments and result as in `iou`.
    """
    both, predicted, true = _areas(masks, truth, roi)
    total = predicted + true
    return np.where(total > 0, 2 * both / np.maximum(total, 1), 1.0)


def mean_overlap(
    masks: np.ndarray, truth: np.ndarray, roi: np.ndarray | None = None
) -> dict[str, float]:
    """Mean "iou" and "dice" over the images; NaN for no image."""
    if not len(masks):
        return {"iou": float("nan"), "dice": float("nan")}
    return {
        "iou": float(iou(masks, truth, roi).mean()),
        "dice": float(dice(masks, truth, roi).mean()),
    }


def _areas(
    masks: np.ndarray, truth: np.ndarray, roi: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    masks, truth = np.asarray(masks) != 0, np.asarray(truth) != 0
    if masks.shape != truth.shape:
        raise VadlineError(f"masks {masks.shape} and ground truth {truth.shape} differ in shape")
    if roi is not None:
        masks, truth = masks & roi, truth & roi
    axes = (1, 2)
    return (masks & truth).sum(axes), masks.sum(axes), truth.sum(axes)

"""One row of each table from scores, histograms and masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vadline.metrics.aupro import aupro
from vadline.metrics.histogram import PixelHistogram
from vadline.metrics.image import fpr_at_tpr, image_auroc, image_f1
from vadline.metrics.pixel import pixel_auroc, pixel_f1
from vadline.metrics.segmentation import mean_overlap

# One line for each metric. A table's columns are those of its rows.
IMAGE_METRICS = {
    "image_auroc": image_auroc,
    "image_f1": image_f1,
    "fpr_at_95tpr": fpr_at_tpr,
}
"""Of labels and scores, both (N,)."""
PIXEL_METRICS = {
    "pixel_auroc": pixel_auroc,
    "pixel_f1": pixel_f1,
    "aupro": aupro,
}
"""Of a PixelHistogram."""
SEGAD_METRICS = ("image_auroc", "fpr_at_95tpr")

_LAST = "fpr_at_95tpr"  # where readers look for it
DETECTION_COLUMNS = (
    *(name for name in IMAGE_METRICS if name != _LAST),
    *PIXEL_METRICS,
    _LAST,
    "goods",
    "bads",
)
SEGAD_COLUMNS = tuple(
    f"{name}{suffix}" for suffix in ("", "_seen", "_unseen") for name in SEGAD_METRICS
)
REFINEMENT_COLUMNS = (
    "iou_before",
    "dice_before",
    "iou_best_f1",
    "iou_initialiser",
    "iou",
    "dice",
    "seconds",
    "images",
)
KINDS_COLUMNS = ("image_auroc", "caught", "parts", "learnt_from")
LOWER_IS_BETTER = ("fpr", "seconds")
"""How such columns' names begin."""
UNRANKED = ("images", "goods", "bads", "parts", "learnt_from")
PLAIN = {
    "seconds": "{:.2f}",
    "weight": "{:.3g}",
    **dict.fromkeys(("peak_memory_mb", "iterations", "published_iterations"), "{:.0f}"),
    **dict.fromkeys(UNRANKED, "{:.0f}"),
}
"""Columns that are no fractions, with the format they are printed in."""


def detection_row(
    labels: ArrayLike, scores: ArrayLike, histogram: PixelHistogram | None = None
) -> dict[str, float]:
    """Metrics of one detector.

    Parameters
    ----------
    labels, scores : array_like, shape (N,)
        Bad flags and image scores of the test part.
    histogram : PixelHistogram, optional
        Of the test images with a known mask; without it the pixel columns are left out.
    """
    row = {name: metric(labels, scores) for name, metric in IMAGE_METRICS.items()}
    if histogram is not None:
        row |= {name: metric(histogram) for name, metric in PIXEL_METRICS.items()}
    return row


def segad_row(
    labels: ArrayLike, scores: ArrayLike, unseen: ArrayLike | None = None
) -> dict[str, float]:
    """Metrics of one SegAD set-up, on all defects and on seen and unseen kinds apart.

    ``unseen``, bool (N,), marks the bad parts of a kind that no training part had. Either side is
    held against all goods.
    """
    bad, score = np.asarray(labels).astype(bool), np.asarray(scores)
    new = np.zeros_like(bad) if unseen is None else np.asarray(unseen, bool) & bad
    parts = {"": np.ones_like(bad), "_seen": ~new, "_unseen": ~bad | new}
    row: dict[str, float] = {}
    for suffix, part in parts.items():
        for name in SEGAD_METRICS:
            row[f"{name}{suffix}"] = IMAGE_METRICS[name](bad[part], score[part])
    return row


def refinement_row(
    before: np.ndarray,
    painted: np.ndarray,
    after: np.ndarray,
    truth: np.ndarray,
    seconds: ArrayLike,
    roi: np.ndarray | None = None,
    best: np.ndarray | None = None,
) -> dict[str, float]:
    """Mask overlap before and after refinement, and the mean seconds per image.

    Parameters
    ----------
    before, painted, after, truth : ndarray, shape (N, H, W)
        The detector's thresholded maps, the initialiser's masks, the refined masks and the ground
        truth.
    seconds : array_like, shape (N,)
    roi : ndarray, bool, shape (H, W), optional
        Pixels that count.
    best : ndarray, shape (N, H, W), optional
        The maps thresholded where their F1 on the truth is best, as papers do and as no inspector
        can; without them the column is left out.
    """
    first, last = mean_overlap(before, truth, roi), mean_overlap(after, truth, roi)
    spent = np.asarray(seconds, float)
    row = {} if best is None else {"iou_best_f1": mean_overlap(best, truth, roi)["iou"]}
    return row | {
        "iou_before": first["iou"],
        "dice_before": first["dice"],
        "iou_initialiser": mean_overlap(painted, truth, roi)["iou"],
        **last,
        "seconds": float(spent.mean()) if spent.size else float("nan"),
        "images": len(truth),
    }

"""From batches of photographs to anomaly maps and image scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.maps import image_scores, upsample_and_blur
from vadline.detectors.params import DetectorParams
from vadline.detectors.patches import batches, grid_roi
from vadline.progress import progress

ScoreBatch = Callable[[Tensor], tuple[Tensor, Tensor | None]]


@torch.no_grad()
def score_images(
    score_batch: ScoreBatch,
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    roi: NDArray[np.bool_] | None,
    params: DetectorParams,
    batch_size: int,
    name: str,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Score images batch by batch, with a progress bar.

    Parameters
    ----------
    score_batch : callable
        Takes a Tensor, uint8, shape (B, H, W, 3); gives anomaly maps, a Tensor of shape (B, h, w),
        and image scores, a Tensor of shape (B,), or ``None`` to take them from the maps as
        ``params.image_score`` says.
    images, rows, roi
        As for :meth:`vadline.detectors.protocol.Detector.score`.
    params : DetectorParams
    batch_size : int
        Images a batch.
    name : str
        What the progress bar says.

    Returns
    -------
    maps : ndarray, float32, shape (len(rows), h, w)
        Outside of the region of interest 0, or an image's lowest value where that is negative.
        Where ``rows`` is empty, of shape (0, 1, 1).
    scores : ndarray, float64, shape (len(rows),)
    """
    maps, scores = [], [np.empty(0)]
    with progress(total=len(rows), desc=f"{name}: anomaly maps", unit="image") as bar:
        for _, batch in batches(images, rows, batch_size):
            found, score = score_batch(batch)
            values = _inside(found.float().cpu().numpy(), roi)
            maps.append(values)
            if score is not None:
                scores.append(score.double().cpu().numpy())
            elif params.image_score == "blurred":
                pixels = upsample_and_blur(values, images.shape[1], params.blur_sigma)
                scores.append(image_scores(pixels))
            else:
                scores.append(image_scores(values))
            bar.update(len(batch))
    empty = np.empty((0, 1, 1), np.float32)
    return np.concatenate(maps) if maps else empty, np.concatenate(scores)


def _inside(maps: NDArray[np.float32], roi: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    if roi is None or roi.all():
        return maps
    inside = grid_roi(roi, maps.shape[1:])
    lowest = np.where(inside, maps, np.inf).min(axis=(1, 2), keepdims=True)
    return np.where(inside, maps, np.minimum(lowest, 0)).astype(np.float32)

"""From a detector's grid to pixels and to one score an image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

_BLUR_REFERENCE_SIZE = 256  # the papers give the blur's sigma for images of this side


def _gaussian(sigma: float) -> Tensor:
    radius = int(4 * sigma + 0.5)
    x = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    return kernel / kernel.sum()


@torch.inference_mode()
def upsample_and_blur(
    maps: NDArray[np.float32], size: int, sigma: float = 4.0
) -> NDArray[np.float32]:
    """Bring anomaly maps to pixels: bilinear upsampling, then a Gaussian blur.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, h, w)
        At the detector's grid.
    size : int
        Side of the square result, in pixels.
    sigma : float
        Standard deviation of the blur in pixels of a 256 x 256 image, scaled with ``size``; 0 for
        none. Borders are replicated.

    Returns
    -------
    ndarray, float32, shape (N, size, size)
    """
    if len(maps) == 0:
        return np.empty((0, size, size), np.float32)
    x = torch.from_numpy(np.ascontiguousarray(maps, dtype=np.float32))[:, None]
    x = F.interpolate(x, (size, size), mode="bilinear", align_corners=False)
    sigma = sigma * size / _BLUR_REFERENCE_SIZE
    if sigma > 0:
        kernel = _gaussian(sigma)
        radius = len(kernel) // 2
        x = F.conv2d(F.pad(x, (radius, radius, 0, 0), "replicate"), kernel.view(1, 1, 1, -1))
        x = F.conv2d(F.pad(x, (0, 0, radius, radius), "replicate"), kernel.view(1, 1, -1, 1))
    return x[:, 0].numpy()


def map_chunks(
    maps: NDArray[np.float32],
    rows: NDArray[np.int64],
    size: int,
    sigma: float = 4.0,
    chunk: int = 64,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Walk over pixel-sized anomaly maps without ever holding them all.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, h, w)
    rows : ndarray, int64
        Which maps, in this order.
    size, sigma
        As for :func:`upsample_and_blur`.
    chunk : int
        Maps at a time.

    Yields
    ------
    rows : ndarray, int64, shape (n,)
    maps : ndarray, float32, shape (n, size, size)
    """
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        yield part, upsample_and_blur(maps[part], size, sigma)


def image_scores(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Score each image by the highest value of its anomaly map.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, h, w)

    Returns
    -------
    ndarray, float64, shape (N,)
        NaN where the map holds NaN.
    """
    return maps.reshape(len(maps), -1).max(axis=1).astype(np.float64) if len(maps) else np.empty(0)

"""From a detector's grid to pixels and to one score an image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.images.shape import Size, height_width

_BLUR_REFERENCE_SIZE = 256  # the papers give the blur's sigma for images of this side


def pixel_matrices(grid: tuple[int, int], size: Size, sigma: float) -> tuple[Tensor, Tensor]:
    """Return what upsamples and blurs a map's rows, (H, h), and columns, (W, w).

    Both steps of `upsample_and_blur` are linear and separable, so that products with these are all
    there is to do.
    """
    height, width = height_width(size)
    pixels = sigma * min(height, width) / _BLUR_REFERENCE_SIZE
    return _pixel_matrix(grid[0], height, pixels), _pixel_matrix(grid[1], width, pixels)


@lru_cache(maxsize=8)
def _pixel_matrix(side: int, size: int, sigma: float) -> Tensor:
    x = F.interpolate(torch.eye(side)[:, None], size, mode="linear", align_corners=False)
    if sigma > 0:
        kernel = _gaussian(sigma)
        radius = len(kernel) // 2
        x = F.conv1d(F.pad(x, (radius, radius), "replicate"), kernel.view(1, 1, -1))
    return x[:, 0].T.contiguous()


def _gaussian(sigma: float) -> Tensor:
    radius = int(4 * sigma + 0.5)
    x = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    return kernel / kernel.sum()


@torch.inference_mode()
def upsample_and_blur(
    maps: NDArray[np.float32], size: Size, sigma: float = 4.0
) -> NDArray[np.float32]:
    """Bring anomaly maps to pixels: bilinear upsampling, then a Gaussian blur.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, h, w)
        At the detector's grid.
    size : int or (int, int)
        Height and width of the result in pixels; one number for a square.
    sigma : float
        Standard deviation of the blur in pixels of a 256 x 256 image, scaled with the shorter side
        of ``size``; 0 for none. Borders are replicated.

    Returns
    -------
    ndarray, float32, shape (N, H, W)
    """
    if len(maps) == 0:
        return np.empty((0, *height_width(size)), np.float32)
    rows, columns = pixel_matrices((maps.shape[1], maps.shape[2]), size, sigma)
    x = torch.from_numpy(np.ascontiguousarray(maps, dtype=np.float32))
    return (rows @ (x @ columns.T)).numpy()


def image_scores(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Score each image by the highest value of its anomaly map, NaN where the map holds NaN.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, h, w)
    """
    return maps.reshape(len(maps), -1).max(axis=1).astype(np.float64) if len(maps) else np.empty(0)

"""Locally aware patch features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.backbones import FeatureExtractor
from vadline.backbones.extractor import resized
from vadline.images.arrays import Images


def patch_features(maps: Sequence[Tensor], pool: int = 3) -> Tensor:
    """Merge feature maps into one locally aware descriptor per patch (Roth et al. 2022, sec. 3.1).

    Each map is averaged over a ``pool`` x ``pool`` neighbourhood, zeros beyond the border as in the
    authors' code (without them, border patches average fewer values and stand out in every good
    image); deeper maps are resized bilinearly to the first one's grid; all are concatenated.

    Parameters
    ----------
    maps : sequence of Tensor, float32, shape (B, C_i, h_i, w_i)
        Shallow to deep; the first one's grid is kept.
    pool : int
        Side of the neighbourhood; 1 for none.

    Returns
    -------
    Tensor, float32, shape (B, sum of C_i, h, w)
        Differentiable.
    """
    grid = maps[0].shape[-2:]
    pooled = [F.avg_pool2d(m, pool, stride=1, padding=pool // 2) if pool > 1 else m for m in maps]
    return torch.cat([resized(p, grid) for p in pooled], dim=1)


def batches(images: Images, rows: NDArray[np.int64], batch_size: int) -> Iterator[Tensor]:
    """Read images in batches; they may be on disk, as only one batch is in memory.

    Yields
    ------
    Tensor, uint8, shape (B, H, W, 3)
    """
    for start in range(0, len(rows), batch_size):
        chunk = rows[start : start + batch_size]
        yield torch.from_numpy(np.ascontiguousarray(images[chunk]))


@torch.inference_mode()
def extract(extractor: FeatureExtractor, batch: Tensor, pool: int) -> Tensor:
    """Return patch features of photographs, without gradients; see :func:`patch_features`.

    Parameters
    ----------
    batch : Tensor, uint8, shape (B, H, W, 3)

    Returns
    -------
    Tensor, float32, shape (B, h, w, C)
        On the extractor's device, contiguous.
    """
    x = extractor.normalise(batch.to(extractor.mean.device))
    return patch_features(extractor(x), pool).permute(0, 2, 3, 1).contiguous()


def grid_of(extractor: FeatureExtractor, images: Images) -> tuple[int, int]:
    """Return rows and columns of the patches of each image, those of the shallowest layer."""
    return extractor.grid(images.shape[1], images.shape[2])


def grid_roi(roi: NDArray[np.bool_] | None, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tell which patches of a grid touch the region, bool (H, W); without one, all do."""
    if roi is None:
        return np.ones(grid, bool)
    region = torch.from_numpy(np.asarray(roi, np.float32))[None, None]
    return (F.adaptive_max_pool2d(region, tuple(grid))[0, 0] > 0).numpy()


def locations_inside(roi: NDArray[np.bool_] | None, maps: Tensor) -> Tensor:
    """Tell which locations of ``maps``, (..., h, w), touch the region: bool (h, w), beside them."""
    return torch.from_numpy(grid_roi(roi, maps.shape[-2:])).to(maps.device)

"""Laying the maps of tiles together, without seams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.images.tiles import Tiling, ramps

_FINE = 8  # pixels a cell, of maps whose cells do not fit into tiles


def laid_together(maps: Sequence[NDArray[np.float32]], tiling: Tiling) -> NDArray[np.float32]:
    """Lay the maps of tiles together; across an overlap one goes over into the other.

    Parameters
    ----------
    maps : sequence of ndarray, float32, shape (n, h, w)
        Of each tile. Where cells do not fit into tiles, or tiles do not begin at one, maps are
        resized to cells of 8 pixels first.

    Returns
    -------
    ndarray, float32, shape (n, H, W)
        Of the photographs, in cells of the same size; (0, 1, 1) where n is 0.
    """
    if not len(maps[0]):
        return np.empty((0, 1, 1), np.float32)
    return joined_maps([torch.from_numpy(each)[:, None] for each in maps], tiling)[:, 0].numpy()


def joined_maps(maps: Sequence[Tensor], tiling: Tiling) -> Tensor:
    """As :func:`laid_together`, of tensors with channels: (n, C, h, w), float."""
    cells = [pixels / grid for pixels, grid in zip(tiling.tile, maps[0].shape[-2:], strict=True)]
    starts = tiling.tops, tiling.lefts
    if any(s % cell for cell, own in zip(cells, starts, strict=True) for s in own):
        grid = tiling.tile[0] // _FINE, tiling.tile[1] // _FINE
        maps = [F.interpolate(m, grid, mode="bilinear", align_corners=False) for m in maps]
        cells = [_FINE, _FINE]
    high, wide = (int(pixels // cell) for pixels, cell in zip(tiling.size, cells, strict=True))
    total = maps[0].new_zeros(*maps[0].shape[:2], high, wide)
    weight = maps[0].new_zeros(high, wide)
    h, w = maps[0].shape[-2:]
    for found, ramp, window in zip(maps, ramps(tiling, (h, w)), tiling.windows, strict=True):
        top, left = (int(side.start // cell) for side, cell in zip(window, cells, strict=True))
        share = torch.from_numpy(ramp).to(found)
        total[..., top : top + h, left : left + w] += found * share
        weight[top : top + h, left : left + w] += share
    return total / weight

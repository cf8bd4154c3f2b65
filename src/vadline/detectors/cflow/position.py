"""The place of a feature as a vector that a flow can be conditioned on."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=16)
def position_code(width: int, rows: int, columns: int) -> Tensor:
    """Encode the places of a grid by sines and cosines (Gudovskiy et al. 2022, section 4.2).

    The first half of the code tells the column, the second half the row, each in pairs of sine and
    cosine whose wavelengths grow geometrically from 2 pi to almost 10000 times that.

    Parameters
    ----------
    width : int
        Length D of the code, a multiple of 4.
    rows, columns : int
        Of the grid.

    Returns
    -------
    Tensor, float32, shape (rows * columns, D)
        In row-major order; shared between callers, so not to be written to.
    """
    half = width // 2
    rate = torch.exp(torch.arange(0, half, 2) * (-math.log(10_000.0) / half))

    def encode(places: int) -> Tensor:
        angle = torch.arange(places)[:, None] * rate
        return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)

    by_row = encode(rows)[:, None].expand(rows, columns, half)
    by_column = encode(columns)[None].expand(rows, columns, half)
    return torch.cat([by_column, by_row], dim=-1).flatten(0, 1)

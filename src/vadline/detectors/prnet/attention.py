"""PRNet's multi-size self-attention: defects come in all sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiSizeAttention(nn.Module):
    """Self-attention among the patches of a map, for several sizes of patches at once.

    A map is cut into ``n x n`` patches, a whole patch being one token; for each ``n`` the patches
    attend to each other, and a residual block merges the results. The unofficial implementation
    weights every element of a token by itself; queries, keys and values are 1x1 convolutions here,
    which fit images of any size.

    Parameters
    ----------
    splits : sequence of int
        The ``n``.
    """

    def __init__(self, channels: int, splits: Sequence[int]) -> None:
        super().__init__()
        self.splits = tuple(splits)
        self.projections = nn.ModuleList(nn.Conv2d(channels, 3 * channels, 1) for _ in splits)
        merged = len(self.splits) * channels
        self.shortcut = nn.Conv2d(merged, channels, kernel_size=1)
        self.block = nn.Sequential(
            nn.Conv2d(merged, channels, kernel_size=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Let patches attend to each other, in maps float32 (B, C, h, w) and out."""
        attended = []
        for n, projection in zip(self.splits, self.projections, strict=True):
            queries, keys, values = (patches(part, n) for part in projection(x).chunk(3, dim=1))
            out = F.scaled_dot_product_attention(queries, keys, values)
            attended.append(merge_patches(out, n, x.shape[1:]))
        merged = torch.cat(attended, dim=1)
        return F.relu(self.shortcut(merged) + self.block(merged))


def patches(x: Tensor, n: int) -> Tensor:
    """Cut maps into ``n x n`` patches, zeros added at the far edges where they do not divide.

    Parameters
    ----------
    x : Tensor, shape (B, C, h, w)

    Returns
    -------
    Tensor, shape (B, n * n, C * ceil(h / n) * ceil(w / n))
    """
    b, c, h, w = x.shape
    rows, columns = math.ceil(h / n), math.ceil(w / n)
    x = F.pad(x, (0, n * columns - w, 0, n * rows - h))
    return x.reshape(b, c, n, rows, n, columns).permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, -1)


def merge_patches(tokens: Tensor, n: int, shape: Sequence[int]) -> Tensor:
    """Undo :func:`patches`, for maps of the shape (C, h, w)."""
    c, h, w = shape
    rows, columns = math.ceil(h / n), math.ceil(w / n)
    x = tokens.reshape(-1, n, n, c, rows, columns).permute(0, 3, 1, 4, 2, 5)
    return x.reshape(-1, c, n * rows, n * columns)[:, :, :h, :w]

"""Photographs cut into tiles that overlap, for defects that are small on large photographs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from vadline.errors import VadlineError
from vadline.images.arrays import Images
from vadline.images.shape import MULTIPLE

Window = tuple[slice, slice]
"""Rows and columns of a photograph."""


class TileParams(BaseModel, extra="forbid", frozen=True):
    """How photographs are cut."""

    rows: int = Field(1, ge=1, description="Tiles from top to bottom.")
    columns: int = Field(1, ge=1, description="Tiles from left to right.")
    overlap: int = Field(
        MULTIPLE, ge=0, multiple_of=MULTIPLE, description="Of neighbours, in pixels."
    )

    def whole(self, tile: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of a photograph whose tiles have these."""
        return (
            self.rows * tile[0] - (self.rows - 1) * self.overlap,
            self.columns * tile[1] - (self.columns - 1) * self.overlap,
        )


@dataclass(frozen=True)
class Tiling:
    """Where the tiles of a photograph lie, row by row.

    Attributes
    ----------
    size : tuple of int
        Height and width of the photograph.
    tile : tuple of int
        Of a tile; all are of one size.
    tops, lefts : tuple of int
        First row of each row of tiles, and first column of each column.
    """

    size: tuple[int, int]
    tile: tuple[int, int]
    tops: tuple[int, ...]
    lefts: tuple[int, ...]

    @classmethod
    def of(cls, params: TileParams, size: tuple[int, ...]) -> Tiling:
        """Cut photographs of a height and width, multiples of 32; so are the tiles'.

        Raises
        ------
        VadlineError
            If there are more tiles than cells of a backbone.
        """
        height, tops = _along(size[0], params.rows, params.overlap)
        width, lefts = _along(size[1], params.columns, params.overlap)
        return cls((size[0], size[1]), (height, width), tops, lefts)

    def __len__(self) -> int:
        return len(self.tops) * len(self.lefts)

    @property
    def windows(self) -> list[Window]:
        """All tiles."""
        height, width = self.tile
        return [
            (slice(top, top + height), slice(left, left + width))
            for top in self.tops
            for left in self.lefts
        ]

    def rows(self, photographs: NDArray[np.int64], tile: int) -> NDArray[np.int64]:
        """Return the rows of `Tiles` that hold a tile of some photographs."""
        return photographs * len(self) + tile

    def all_rows(self, photographs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of `Tiles` that hold all tiles of some photographs, one by one."""
        return np.stack([self.rows(photographs, tile) for tile in range(len(self))], 1).ravel()

    @property
    def shares(self) -> list[Window]:
        """What of the photograph is each tile's own: neighbours share their overlap out."""
        rows, columns = (
            _shares(starts, length, end)
            for starts, length, end in zip(
                (self.tops, self.lefts), self.tile, self.size, strict=True
            )
        )
        return [(row, column) for row in rows for column in columns]


def _along(length: int, count: int, overlap: int) -> tuple[int, tuple[int, ...]]:
    """Return how long tiles are along an axis, and where they start."""
    tile = -(-(length + (count - 1) * overlap) // (count * MULTIPLE)) * MULTIPLE
    if count > 1 and tile <= overlap:
        raise VadlineError(
            f"{count} tiles with an overlap of {overlap} do not fit into {length} pixels: lower "
            "images.tiles, or raise images.size"
        )
    tile = min(tile, length)
    room, gaps = length - tile, max(count - 1, 1)
    return tile, tuple(room * i // (gaps * MULTIPLE) * MULTIPLE for i in range(count))


def _shares(starts: tuple[int, ...], length: int, end: int) -> list[slice]:
    cuts = [(later + start + length) // 2 for start, later in itertools.pairwise(starts)]
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, end], strict=True)]


class Tiles:
    """A store read tile by tile, in the rows that `Tiling.rows` tells."""

    def __init__(self, images: Images, tiling: Tiling) -> None:
        self._images, self._windows = images, tiling.windows
        self.shape = (images.shape[0] * len(tiling), *tiling.tile, *images.shape[3:])
        self.dtype = images.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | NDArray[np.int64], /) -> NDArray[Any]:
        """Read one tile, or some in any order; only these are in memory."""
        if np.ndim(rows) == 0:
            image, tile = divmod(int(rows), len(self._windows))
            return self._images[image][self._windows[tile]]
        found = np.empty((len(np.asarray(rows)), *self.shape[1:]), self.dtype)
        for place, row in zip(found, np.asarray(rows).tolist(), strict=True):
            place[...] = self[row]
        return found


def ramps(tiling: Tiling, grid: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    """Weigh each tile's cells for laying maps together: less towards a neighbour.

    Parameters
    ----------
    grid : tuple of int
        Rows and columns of a tile's map.

    Yields
    ------
    ndarray, float32, shape (h, w)
        Positive; across an overlap, the weights of two neighbours add up to 1.
    """
    rows, columns = (
        [_ramp(starts, i, length, cells) for i in range(len(starts))]
        for starts, length, cells in zip(
            (tiling.tops, tiling.lefts), tiling.tile, grid, strict=True
        )
    )
    for row in rows:
        for column in columns:
            yield row[:, None] * column


def _ramp(starts: tuple[int, ...], i: int, length: int, cells: int) -> NDArray[np.float32]:
    centres = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) * np.float32(length / cells)
    weights = np.ones(cells, np.float32)
    if i > 0 and (common := starts[i - 1] + length - starts[i]) > 0:
        weights = np.minimum(weights, centres / common)
    if i + 1 < len(starts) and (common := starts[i] + length - starts[i + 1]) > 0:
        weights = np.minimum(weights, (length - centres) / common)
    return weights

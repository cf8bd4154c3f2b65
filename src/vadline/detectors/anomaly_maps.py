"""Anomaly maps that know how to become pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vadline.detectors.maps import upsample_and_blur
from vadline.detectors.params import DetectorParams
from vadline.images.shape import Size, height_width

_CHUNK_PIXELS = 64 * 256 * 256


@dataclass(frozen=True)
class AnomalyMaps:
    """Anomaly maps at a detector's grid, and what brings them to pixels.

    Attributes
    ----------
    grid : ndarray, float32, shape (N, h, w)
        Higher = more anomalous; NaN where an image was not scored. May be memory-mapped.
    size : tuple of int
        Height and width of the photographs in pixels; one number for a square.
    blur_sigma : float
        Gaussian blur of the upsampled map, in pixels at 256 x 256.
    """

    grid: NDArray[np.float32]
    size: Size
    blur_sigma: float

    @classmethod
    def by(
        cls, params: DetectorParams, grid: NDArray[np.float32], size: Sequence[int]
    ) -> AnomalyMaps:
        """Say of a detector's maps what its settings say, of photographs of a height and width."""
        return cls(grid, tuple(size), params.sigma_at(size))

    def __len__(self) -> int:
        return len(self.grid)

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Bring some maps to the photographs' size: float32, shape (len(rows), H, W)."""
        return upsample_and_blur(self.grid[rows], self.size, self.blur_sigma)

    def chunks(
        self, rows: NDArray[np.int64], chunk: int | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Walk over pixel-sized maps, ``chunk`` at a time, without ever holding them all.

        Without ``chunk``, as many as 64 of 256 x 256 pixels are.

        Yields
        ------
        rows : ndarray, int64, shape (n,)
        maps : ndarray, float32, shape (n, H, W)
        """
        chunk = chunk or max(1, _CHUNK_PIXELS // math.prod(height_width(self.size)))
        for start in range(0, len(rows), chunk):
            part = rows[start : start + chunk]
            yield part, self.pixels(part)

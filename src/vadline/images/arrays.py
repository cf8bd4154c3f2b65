"""What reads as an array of photographs or masks."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Images(Protocol):
    """Photographs or masks: an ndarray, a memory map, or whatever reads as one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """N, H, W and, of photographs, 3."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values, uint8."""

    def __len__(self) -> int:
        """Return N."""

    def __getitem__(self, rows: int | NDArray[np.int64], /) -> NDArray[Any]:
        """Read one, or some in any order; only these are in memory."""

"""Two stores of images that read as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Joined:
    """Arrays one behind the other along their first axis, none of them copied.

    They are (N_i, ...), of one dtype, equal in every other axis; memory maps are read row by row.
    """

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self._arrays = list(arrays)
        self._starts = np.cumsum([0, *map(len, self._arrays)])
        self.shape = (int(self._starts[-1]), *self._arrays[0].shape[1:])
        self.dtype = self._arrays[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | NDArray[np.int64] | slice) -> NDArray[Any]:
        """Read one row, or some in any order; only these are in memory."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        if np.ndim(rows) == 0:
            which, row = self._place(np.array([rows]))
            return self._arrays[which[0]][row[0]]
        which, row = self._place(np.asarray(rows, np.int64))
        gathered = np.empty((len(row), *self.shape[1:]), self.dtype)
        for i in np.unique(which):
            here = which == i
            gathered[here] = self._arrays[i][row[here]]
        return gathered

    def _place(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if rows.size and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(self)}")
        which = np.searchsorted(self._starts, rows, side="right") - 1
        return which, rows - self._starts[which]

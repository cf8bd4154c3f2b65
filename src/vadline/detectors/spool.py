"""Patch features on disk in half precision, read back in pieces."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.errors import VadlineError

_LARGEST_HALF = 65504.0
_NEAR = 32  # rows


class PatchSpool:
    """Rows of features that are too many for memory, in an unnamed temporary file.

    Half precision halves the bytes that a pass over the file moves; its rounding (a relative 5e-4
    of each value) is far below the distance between two patches. The operating system keeps as much
    of the file in its page cache as is free, and removes the file when the process ends.

    Parameters
    ----------
    width : int
        Columns C.
    rows : int
        How many will be appended, to check the disk beforehand.
    device : torch.device
        Where the pieces are given.

    Raises
    ------
    VadlineError
        If the temporary folder has no room.
    """

    def __init__(self, width: int, rows: int, device: torch.device) -> None:
        self.width = width
        self.device = device
        self._length = 0
        folder = Path(tempfile.gettempdir())
        needed, free = 2 * rows * width, shutil.disk_usage(folder).free
        if needed > free:
            raise VadlineError(
                f"{folder} has {free / 1e9:.1f} GB free, {rows} patches need {needed / 1e9:.1f} GB:"
                " set TMPDIR to a larger disk or lower candidate_patches of the detector."
            )
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, lives as long as this does

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    def append(self, rows: Tensor) -> None:
        """Write rows, float32 of shape (n, C), behind the others.

        Raises
        ------
        VadlineError
            If a value is not finite or too large for half precision.
        """
        if not rows.abs().amax() <= _LARGEST_HALF:
            raise VadlineError(
                f"patch features beyond {_LARGEST_HALF:.0f} or not finite: look at the backbone's "
                "weights (backbone.weights)."
            )
        self._file.write(rows.half().cpu().numpy().tobytes())
        self._length += len(rows)

    def split(self, size: int) -> Iterator[Tensor]:
        """Read all rows in order, ``size`` at a time.

        Yields
        ------
        Tensor, float32, shape (n, C)
            On ``device``, as :meth:`torch.Tensor.split` would give it.
        """
        for start in range(0, len(self), size):
            yield self.read(np.arange(start, min(start + size, len(self))))

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Read some rows, int64 of shape (n,), as float32 of shape (n, C)."""
        return self.read(rows.cpu().numpy())

    def read(self, rows: NDArray[np.int64]) -> Tensor:
        """Read some rows, (n,), in any order, as float32 of shape (n, C) on ``device``."""
        order = np.argsort(rows, kind="stable")  # so that the disk is read in one direction
        ascending = rows[order]
        found = np.empty((len(rows), self.width), np.float16)
        # Rows that are near each other are read in one go, with what lies between them.
        starts = np.flatnonzero(np.diff(ascending, prepend=-_NEAR - 1) > _NEAR)
        for start, stop in zip(starts, np.append(starts, len(rows))[1:], strict=True):
            first = ascending[start]
            piece = np.empty((ascending[stop - 1] + 1 - first, self.width), np.float16)
            self._file.seek(2 * int(first) * self.width)
            self._file.readinto(piece.data)
            found[order[start:stop]] = piece[ascending[start:stop] - first]
        return torch.from_numpy(found).to(self.device).float()


class SpooledBlocks:
    """Some of a spool's blocks of equal length, cut to their first rows; nothing is copied.

    Parameters
    ----------
    spool : PatchSpool
        Of blocks of ``length`` rows, such as an image's patches.
    length : int
        Rows of a block.
    blocks : ndarray, int64, shape (n,)
        Which blocks, ascending.
    first : int
        How many rows of each; at most ``length``.
    """

    def __init__(
        self, spool: PatchSpool, length: int, blocks: NDArray[np.int64], first: int
    ) -> None:
        self.spool = spool
        self.length = length
        self.blocks = blocks
        self.first = first

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.blocks) * self.first

    def split(self, size: int) -> Iterator[Tensor]:
        """Read all rows in order, ``size`` at a time; see `PatchSpool.split`."""
        for start in range(0, len(self), size):
            yield self._read(np.arange(start, min(start + size, len(self))))

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Read some rows, int64 of shape (n,), as float32 of shape (n, C)."""
        return self._read(rows.cpu().numpy())

    def _read(self, rows: NDArray[np.int64]) -> Tensor:
        block, row = np.divmod(rows, self.first)
        return self.spool.read(self.blocks[block] * self.length + row)

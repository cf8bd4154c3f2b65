"""NumPy arrays that are read through a memory map."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadline.io.atomic import AtomicMixin
from vadline.io.local import LocalFileDataset


class _NpyFile(LocalFileDataset):
    def load(self) -> NDArray[Any]:
        """Read the array, mapped into memory."""
        return read_array(Path(self._get_load_path()))

    def save(self, data: NDArray[Any] | Path) -> None:
        """Write an array of plain numbers, or take over a finished ``.npy`` file."""
        target = Path(self._get_save_path())
        if isinstance(data, Path):
            read_array(data)  # raises on anything but a whole array of plain numbers
            shutil.move(data, target)  # a rename, unless it stands on another disk
            os.utime(target)
            return
        with target.open("wb") as file:
            np.save(file, data, allow_pickle=False)


class NpyDataset(AtomicMixin, _NpyFile):
    """An array as ``.npy``, loaded read-only through a memory map; no pickle.

    An array too large for memory is handed over as the Path of a finished ``.npy`` file, which
    becomes the dataset's own: it is moved, not copied.
    """


def read_array(path: Path) -> NDArray[Any]:
    """Read an array of plain numbers, read-only and mapped into memory."""
    return np.load(path, mmap_mode="r", allow_pickle=False)

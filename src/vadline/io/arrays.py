"""NumPy arrays that are read through a memory map."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadline.io.local import LocalFileDataset


class NpyDataset(LocalFileDataset):
    """An array as ``.npy``, loaded read-only through a memory map; no pickle.

    An array too large for memory is handed over as the Path of a finished ``.npy`` file, which
    becomes the dataset's own: it is moved, not copied.
    """

    def read(self, path: Path) -> NDArray[Any]:
        """Read the array, mapped into memory where it has any element."""
        return read_array(path)

    def write(self, path: Path, data: NDArray[Any] | Path) -> None:
        """Write an array of plain numbers, or take over a finished ``.npy`` file."""
        if isinstance(data, Path):
            read_array(data)  # raises on anything but a whole array of plain numbers
            shutil.move(data, path)  # a rename, unless it stands on another disk
            os.utime(path)
            return
        with path.open("wb") as file:
            np.save(file, data, allow_pickle=False)


def read_array(path: Path) -> NDArray[Any]:
    """Read an array, read-only and mapped into memory where it has any element."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array if array.size else np.array(array)

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
        """Read the array, mapped into memory where it has any element."""
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
    """Read an array, read-only and mapped into memory where it has any element.

    Returns
    -------
    ndarray
    """
    return np.load(path, mmap_mode=None if _is_empty(path) else "r", allow_pickle=False)


def _is_empty(path: Path) -> bool:
    """Tell whether an array has no elements: the operating system maps no empty file."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        return 0 in read(file)[0]

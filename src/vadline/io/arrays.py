"""NumPy arrays that are read through a memory map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadline.io.atomic import AtomicMixin
from vadline.io.local import LocalFileDataset


class _NpyFile(LocalFileDataset):
    def load(self) -> NDArray[Any]:
        """Read the array, mapped into memory where it has any element."""
        path = Path(self._get_load_path())
        return np.load(path, mmap_mode=None if _is_empty(path) else "r", allow_pickle=False)

    def save(self, data: NDArray[Any]) -> None:
        """Write an array of plain numbers."""
        with Path(self._get_save_path()).open("wb") as file:
            np.save(file, data, allow_pickle=False)


class NpyDataset(AtomicMixin, _NpyFile):
    """An array as ``.npy``, loaded read-only through a memory map; no pickle.

    Parameters
    ----------
    filepath : str
    version : Version, optional
    metadata : dict, optional
    """


def _is_empty(path: Path) -> bool:
    """Tell whether an array has no elements: the operating system maps no empty file."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        return 0 in read(file)[0]

"""Stand-ins for bad parts: a folder with their images, masks and table."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from vadline.defects.stand_ins import StandIns
from vadline.io.arrays import read_array
from vadline.io.atomic import AtomicMixin
from vadline.io.local import LocalFileDataset


class _StandInsFolder(LocalFileDataset):
    def load(self) -> StandIns:
        """Read the table, and map images and masks into memory."""
        folder = Path(self._get_load_path())
        images, masks = (read_array(folder / f"{name}.npy") for name in ("images", "masks"))
        return StandIns(images, masks, pd.read_parquet(folder / "table.parquet"))

    def save(self, data: StandIns) -> None:
        """Write the folder."""
        folder = Path(self._get_save_path())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        np.save(folder / "images.npy", data.images, allow_pickle=False)
        np.save(folder / "masks.npy", data.masks, allow_pickle=False)
        data.table.to_parquet(folder / "table.parquet", index=False)

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_dir()


class StandInsDataset(AtomicMixin, _StandInsFolder):
    """A :class:`vadline.defects.stand_ins.StandIns` as a folder, images memory-mapped.

    Parameters
    ----------
    filepath : str
        Of the folder.
    """

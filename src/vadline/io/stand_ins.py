"""Stand-ins for bad parts: a folder with their images, masks and table."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from vadline.defects.stand_ins import StandIns
from vadline.io.arrays import read_array
from vadline.io.local import LocalFileDataset


class StandInsDataset(LocalFileDataset):
    """A :class:`vadline.defects.stand_ins.StandIns` as a folder, images memory-mapped."""

    _stands = staticmethod(Path.is_dir)

    def read(self, path: Path) -> StandIns:
        """Read the table, and map images and masks into memory."""
        images, masks = (read_array(path / f"{name}.npy") for name in ("images", "masks"))
        return StandIns(images, masks, pd.read_parquet(path / "table.parquet"))

    def write(self, path: Path, data: StandIns) -> None:
        """Write the folder."""
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        np.save(path / "images.npy", data.images, allow_pickle=False)
        np.save(path / "masks.npy", data.masks, allow_pickle=False)
        data.table.to_parquet(path / "table.parquet", index=False)

"""Anomaly maps: an array, and beside it what brings it to pixels."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from vadline.detectors.anomaly_maps import AnomalyMaps
from vadline.io.arrays import read_array
from vadline.io.local import LocalFileDataset


class MapsDataset(LocalFileDataset):
    """A :class:`vadline.detectors.AnomalyMaps`: ``.npy``, memory-mapped, and ``.json`` beside it.

    Parameters
    ----------
    filepath : str
        Of the array.
    """

    def read(self, path: Path) -> AnomalyMaps:
        """Read the maps; their grid is mapped into memory."""
        settings = json.loads(self._beside().read_text(encoding="utf-8"))
        return AnomalyMaps(read_array(path), **settings)

    def write(self, path: Path, data: AnomalyMaps) -> None:
        """Write the maps, the small file first: without the array it counts for nothing."""
        settings = {"size": data.size, "blur_sigma": data.blur_sigma}
        partial = self._beside().with_name(f".{self._beside().name}.partial")
        partial.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        os.replace(partial, self._beside())
        with path.open("wb") as file:
            np.save(file, data.grid, allow_pickle=False)

    def _beside(self) -> Path:
        return Path(self._filepath).with_suffix(".json")

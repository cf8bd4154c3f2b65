"""SegAD's forests in XGBoost's own format."""

from __future__ import annotations

from pathlib import Path

from vadline.io.local import LocalFileDataset
from vadline.segad import BlendedForest


class ForestDataset(LocalFileDataset):
    """A :class:`vadline.segad.BlendedForest` as ``.ubj``; no pickle."""

    def read(self, path: Path) -> BlendedForest:
        """Read the forest."""
        return BlendedForest.from_bytes(path.read_bytes())

    def write(self, path: Path, data: BlendedForest) -> None:
        """Write the forest."""
        path.write_bytes(data.to_bytes())

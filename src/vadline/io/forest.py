"""SegAD's forests in XGBoost's own format."""

from __future__ import annotations

from pathlib import Path

from vadline.io.atomic import AtomicMixin
from vadline.io.local import LocalFileDataset
from vadline.segad import BlendedForest


class _UbjFile(LocalFileDataset):
    def load(self) -> BlendedForest:
        """Read the forest."""
        return BlendedForest.from_bytes(Path(self._get_load_path()).read_bytes())

    def save(self, data: BlendedForest) -> None:
        """Write the forest."""
        Path(self._get_save_path()).write_bytes(data.to_bytes())


class ForestDataset(AtomicMixin, _UbjFile):
    """A :class:`vadline.segad.BlendedForest` as ``.ubj``; no pickle."""

"""The inspector of new photographs."""

from __future__ import annotations

from pathlib import Path

from vadline.inspection import Bundle, Inspector, write_bundle
from vadline.io.local import LocalFileDataset


class InspectorDataset(LocalFileDataset):
    """A :class:`vadline.inspection.Bundle`, read as the :class:`Inspector` that it makes."""

    def read(self, path: Path) -> Inspector:
        """Read the inspector, warm."""
        return Inspector.load(path)

    def write(self, path: Path, data: Bundle) -> None:
        """Write the bundle."""
        write_bundle(data, path)

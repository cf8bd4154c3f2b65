"""The inspector of new photographs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from vadline.inspection import Bundle, Inspector, write_bundle
from vadline.io.local import LocalFileDataset


class InspectorDataset(LocalFileDataset):
    """A :class:`vadline.inspection.Bundle`, read as the :class:`Inspector` that it makes."""

    def read(self, path: Path) -> Inspector:
        """Read the inspector, warm; once for all nodes of a process."""
        return _inspector(path, path.stat().st_mtime_ns)

    def write(self, path: Path, data: Bundle) -> None:
        """Write the bundle."""
        write_bundle(data, path)


@lru_cache(maxsize=1)
def _inspector(path: Path, written: int) -> Inspector:
    return Inspector.load(path)

"""What the datasets of a single local file share."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset
from kedro.io.core import Version

from vadline.io.atomic import AtomicMixin


class _LocalFile(AbstractVersionedDataset):
    _stands = staticmethod(Path.is_file)

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def load(self) -> Any:
        """Read the file."""
        return self.read(Path(self._get_load_path()))

    def save(self, data: Any) -> None:
        """Write the file."""
        self.write(Path(self._get_save_path()), data)

    @abstractmethod
    def read(self, path: Path) -> Any:
        """Read what stands there."""

    @abstractmethod
    def write(self, path: Path, data: Any) -> None:
        """Write where nobody looks yet."""

    def _exists(self) -> bool:
        return self._stands(Path(self._get_load_path()))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}


class LocalFileDataset(AtomicMixin, _LocalFile):
    """A local file, versioned or not; subclasses read and write it.

    Parameters
    ----------
    metadata : dict, optional
        Read by plugins and by :mod:`vadline.run.tracking`.
    """

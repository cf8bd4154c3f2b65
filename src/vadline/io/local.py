"""What the datasets of a single local file share."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset
from kedro.io.core import Version


class LocalFileDataset(AbstractVersionedDataset):
    """A local file, versioned or not; subclasses load and save it.

    Parameters
    ----------
    metadata : dict, optional
        Read by plugins and by :mod:`vadline.run.tracking`.
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        super().__init__(PurePosixPath(filepath), version)

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}

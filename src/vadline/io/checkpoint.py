"""Where a long-running node keeps its progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class CheckpointDataset(AbstractDataset):
    """Hands a node the path of its own checkpoint file, if any; the node reads and writes it."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Return the path, its folder made."""
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: Any) -> NoReturn:
        """Refuse with a DatasetError: only the node that was handed the path writes there."""
        raise DatasetError("A checkpoint is written by the node that loads it.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}

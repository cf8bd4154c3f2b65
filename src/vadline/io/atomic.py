"""Outputs that are whole or absent, and never mistaken for those of an earlier run."""

from __future__ import annotations

import inspect
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any


class AtomicMixin:
    """Put in front of a file dataset of Kedro's; the file appears only when it is complete.

    A save writes to a hidden neighbour and renames it, so that a run killed in the middle leaves
    no half-written file for ``--only-missing-outputs`` to trust. Local files only.

    Attributes
    ----------
    stale_before : float
        Seconds since the epoch. A file last written before then belongs to an earlier run and
        does not count as existing; the hooks set it.
    """

    stale_before: float = 0.0
    _saving: bool = False

    def _get_save_path(self) -> PurePosixPath:
        path = super()._get_save_path()  # type: ignore[misc]
        return path.with_name(f".{path.name}.partial") if self._saving else path

    def save(self, data: Any) -> None:
        """Save as the wrapped dataset does, then move the complete file into place."""
        target = Path(self._get_save_path())
        target.parent.mkdir(parents=True, exist_ok=True)
        self._saving = True
        try:
            partial = Path(self._get_save_path())
            inspect.unwrap(super().save)(self, data)  # type: ignore[misc]
        finally:
            self._saving = False
        if target.is_dir():  # a full folder is not replaced
            shutil.rmtree(target)
        os.replace(partial, target)

    def _exists(self) -> bool:
        if not super()._exists():  # type: ignore[misc]
            return False
        return Path(self._get_load_path()).stat().st_mtime >= self.stale_before  # type: ignore[attr-defined]

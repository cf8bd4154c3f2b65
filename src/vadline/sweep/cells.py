"""Where a cell works, and what it leaves."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import vadline
from vadline.sweep.plan import Cell

CONFIGURATION = ("conf", "pyproject.toml", ".telemetry")
"""What a cell has of the project at hand."""
_LARGE = 2**20  # bytes; smaller files are copied


@dataclass(frozen=True)
class Place:
    """The folder of a cell: a project of its own, with the configuration of the one at hand.

    Attributes
    ----------
    project : Path
        The project at hand.
    folder : Path
        Of the sweep.
    cell : Cell
    """

    project: Path
    folder: Path
    cell: Cell

    @property
    def own(self) -> Path:
        """The cell's folder; another one where the project's settings have changed."""
        return self.folder / "cells" / f"{self.cell.name}-{self._settings}"

    @property
    def shared(self) -> Path:
        """Of all cells that read the same photographs alike."""
        return self.folder / "shared" / f"{self.cell.reads}-{self._settings}"

    @cached_property
    def _settings(self) -> str:
        """Tell apart what the plan does not say: the configuration's files, and the release."""
        told = hashlib.sha256(vadline.__version__.encode())
        for env in ("base", "local", self.cell.env or ""):
            for file in sorted((self.project / "conf" / env).glob("parameters*.yml")):
                told.update(file.name.encode() + file.read_bytes())
        return told.hexdigest()[:6]

    @property
    def log(self) -> Path:
        """What the run has printed."""
        return self.own / "log.txt"

    def prepare(self) -> None:
        """Make the folder, and forget an earlier failure."""
        as_project(self.own, self.project)
        (self.own / "failed.json").unlink(missing_ok=True)
        shared = str(self.shared) if self.cell.takes_photographs else None
        told = {"shared": shared, "project": str(self.project)}
        write_json(self.own / "cell.json", {**asdict(self.cell), **told})

    def done(self) -> dict[str, Any] | None:
        """Return what a finished cell has left: ``seconds``, and ``tables`` as lists of rows."""
        return read_json(self.own / "done.json")

    def done_at(self) -> float:
        """Return when a finished cell was, in seconds since the epoch; 0 of others."""
        file = self.own / "done.json"
        return file.stat().st_mtime if file.exists() else 0.0

    def finish(self, left: dict[str, Any]) -> None:
        """Note what a finished cell has left, where it has worked elsewhere."""
        write_json(self.own / "done.json", left)

    def failure(self) -> str:
        """Return why a cell has failed; "" where it has not."""
        return (read_json(self.own / "failed.json") or {}).get("reason", "")

    def fail(self, reason: str) -> None:
        """Note why a cell has failed, unless it has said so itself."""
        if not self.failure():
            write_json(self.own / "failed.json", {"reason": reason})

    def tidy(self) -> None:
        """Remove a finished cell's data; its tables, its log and MLflow's run stay."""
        for name in ("data", "results"):
            shutil.rmtree(self.own / name, ignore_errors=True)


def as_project(folder: Path, project: Path) -> None:
    """Make a folder that Kedro takes for a project like another one."""
    (folder / "src").mkdir(parents=True, exist_ok=True)  # Kedro asks for one
    for name in CONFIGURATION:
        if (project / name).exists() and not (folder / name).exists():
            (folder / name).symlink_to((project / name).resolve())


def share_files(shared: Path, own: Path) -> None:
    """Give a cell what ingest has left: large files by a link, as no run writes into one."""
    for file in (path for path in shared.rglob("*") if path.is_file()):
        place = own / file.relative_to(shared)
        if place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.stat().st_size > _LARGE and _linked(file, place):
            continue
        shutil.copy2(file, place)


def _linked(file: Path, place: Path) -> bool:
    try:
        os.link(file, place)
    except OSError:  # another file system, or one without links
        return False
    return True


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_json(path: Path) -> Any:
    """Read a file; None where there is none, or no whole one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

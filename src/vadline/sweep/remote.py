"""A cell on another machine: it comes by value, and so does what it leaves."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vadline
from vadline.sweep.cells import CONFIGURATION, Place, read_json, write_json
from vadline.sweep.local import CELL, start, stop
from vadline.sweep.plan import Cell

WORK = "VADLINE_WORK"
"""The environment's variable, on each machine, that names the folder where cells work and which
keeps what they share; without, a temporary one, which goes with the sweep."""
_LOOK = 0.05  # seconds
_TO_END = 25.0  # seconds that a cell may take whose worker has died
_LOG = 2**20  # bytes
_PROCESS = "process.json"


@dataclass(frozen=True)
class Parcel:
    """What all cells of a sweep need that the other machine may not have.

    Attributes
    ----------
    project, folder : str
        The project at hand, and the sweep's folder, as they are called where the sweep began.
    files : mapping of str to bytes
        The project's configuration.
    store : str
        MLflow's, where it is a file of that machine; else empty.
    version : str
        Of vadline.
    module : str
        What runs a cell.
    """

    project: str
    folder: str
    files: Mapping[str, bytes]
    environment: Mapping[str, str]
    store: str = ""
    version: str = vadline.__version__
    module: str = CELL

    @property
    def key(self) -> str:
        """Tells apart sweeps, and one whose configuration has changed."""
        told = hashlib.sha256(repr((self.folder, sorted(self.environment.items()))).encode())
        for name, content in sorted(self.files.items()):
            told.update(repr((name, content)).encode())
        return told.hexdigest()[:16]

    @property
    def here(self) -> Path:
        """What stands for the sweep's folder on the machine that asks."""
        own = os.environ.get(WORK)
        usual = Path(tempfile.gettempdir(), f"vadline-{getpass.getuser()}")
        return (Path(own).expanduser().absolute() if own else usual) / self.key


@dataclass(frozen=True)
class Left:
    """What a cell has left.

    Attributes
    ----------
    done : dict, optional
        As in ``done.json``.
    failure : str
        Why it has failed, if it has.
    log : bytes
        What it has printed; of much, the end.
    """

    done: dict[str, Any] | None
    failure: str
    log: bytes = b""


def pack(project: Path, folder: Path, environment: Mapping[str, str], **others: str) -> Parcel:
    """Gather what another machine needs for the cells of a sweep."""
    files = {}
    for name in CONFIGURATION:
        top = project / name
        for path in (top, *sorted(top.rglob("*"))):
            if path.is_file():
                files[path.relative_to(project).as_posix()] = path.read_bytes()
    return Parcel(str(project), str(folder), files, dict(environment), **others)


def run_there(parcel: Parcel, cell: Mapping[str, Any]) -> Left:
    """Run a cell on this machine, in the same process as anywhere, and return what it leaves."""
    if refusal := _refusal(parcel):
        return Left(None, refusal)
    place = Place(_unpacked(parcel), parcel.here, Cell(**cell))
    code = 0
    if not place.done():  # else it was all but delivered
        _wait_for_an_earlier(place)
        place.prepare()
        process = start(place, _environment(parcel), parcel.module)
        write_json(place.own / _PROCESS, process.pid)
        try:
            while (ended := process.poll()) is None:
                time.sleep(_LOOK)  # a cancelled task is told between two looks
            code = ended
        finally:
            if process.poll() is None:
                stop([process])
    failure = place.failure()
    if code and not failure:
        failure = f"ended with exit status {code} on {platform.node()}; see its log.txt"
    left = Left(place.done(), failure, place.log.read_bytes()[-_LOG:])
    if left.done:
        shutil.rmtree(place.own, ignore_errors=True)
    return left


def forget(parcel: Parcel) -> None:
    """Remove what cells have left on this machine, unless its folder is one that was named."""
    if WORK not in os.environ:
        shutil.rmtree(parcel.here, ignore_errors=True)


def _refusal(parcel: Parcel) -> str:
    node = platform.node()
    if parcel.version != vadline.__version__:
        return f"{node} has vadline {vadline.__version__}, not {parcel.version}: install the same"
    if parcel.store and not Path(parcel.project).is_dir():
        return (
            f"{node} cannot see MLflow's store {parcel.store}: "
            "name a server, server.mlflow_tracking_uri in conf/base/mlflow.yml"
        )
    return ""


def _wait_for_an_earlier(place: Place) -> None:
    """Let a former attempt end: its worker has died, which its process sees a little later."""
    end = time.monotonic() + _TO_END
    if pid := read_json(place.own / _PROCESS):
        with suppress(OSError):  # there is none, or a stranger
            while time.monotonic() < end:
                os.kill(pid, 0)
                time.sleep(_LOOK)


def _unpacked(parcel: Parcel) -> Path:
    """Write the configuration, if no other cell has done so."""
    project = parcel.here / "project"
    if not project.exists():
        partial = parcel.here / f".{uuid.uuid4().hex}"
        for name, content in parcel.files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            partial.rename(project)
        except OSError:
            shutil.rmtree(partial)
            if not project.exists():
                raise
    return project


def _environment(parcel: Parcel) -> dict[str, str]:
    """Let what names a place in the sweep's folder name one of this machine."""
    given = {}
    for name, value in parcel.environment.items():
        path = Path(value)
        inside = path.is_absolute() and path.is_relative_to(parcel.folder)
        given[name] = str(parcel.here / path.relative_to(parcel.folder)) if inside else value
    return given

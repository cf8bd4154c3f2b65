"""Runs a plan: cells that are not yet done, then the joint table."""

from __future__ import annotations

import datetime
import logging
import statistics
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout

from vadline.backbones import FOLDER
from vadline.errors import VadlineError
from vadline.progress import progress
from vadline.sweep.cells import Place
from vadline.sweep.joint import as_long, differences, joint_table
from vadline.sweep.needs import require
from vadline.sweep.pages import as_markdown, put_into, write_pages
from vadline.sweep.plan import Plan
from vadline.sweep.recording import Record

logger = logging.getLogger(__name__)

Engine = Callable[[Sequence[Place], Mapping[str, str]], Generator[Place]]
"""Takes cells and what their processes shall have in their environment; gives each as it ends."""


def sweep(
    name: str,
    plan: Plan,
    project: Path,
    engine: Engine,
    *,
    features: bool = True,
    keep: bool = False,
    into: Path | None = None,
) -> dict[str, Path]:
    """Run what is left of a plan, and write its tables.

    A finished cell is not run again; one that was interrupted goes on, one that has failed is tried
    again. Whatever becomes of the others, the tables show what is done.

    Parameters
    ----------
    name : str
        Of the plan; its folder is ``data/sweeps/<name>``.
    features : bool
        Whether cells share the maps of frozen backbones.
    keep : bool
        Keep the data of finished cells, beside their tables.
    into : Path, optional
        A page of markdown that shows the table between its marks.

    Returns
    -------
    dict of str to Path
        What was written, by what it is.

    Raises
    ------
    VadlineError
        If another sweep of this plan is at work, photographs or other files are not there, with a
        line for each product, or no cell has left a table.
    """
    folder = project / "data" / "sweeps" / name
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise VadlineError(f"another sweep of {name} is at work ({lock.lock_file})") from error
    try:
        places = [Place(project, folder, cell) for cell in plan.cells()]
        require(plan, project, [place.cell for place in places if not place.done()])
        with Record(project, folder, name, plan) as record:
            environment = record.environment()
            if features:
                environment[FOLDER] = str(folder / "features")
            _run(places, engine, environment, keep)
            done = [(place.cell, left) for place in places if (left := place.done())]
            long = as_long(done, plan)
            if not len(long):
                raise VadlineError(_nothing(places))
            joint, apart = joint_table(long), differences(long, plan.against)
            written = write_pages(folder / "results", long, joint, apart, plan)
            record.log(joint, written)
        if into is not None:
            seconds = [left["seconds"] for _, left in done]
            head = _head(name, seconds, max(place.done_at() for place in places))
            put_into(into, name, f"{head}\n\n{as_markdown(joint, apart, plan)}")
        _tell_failures(places)
    finally:
        lock.release()
    return written


def _run(
    places: Sequence[Place], engine: Engine, environment: Mapping[str, str], keep: bool
) -> None:
    left = [place for place in places if not place.done()]
    if len(left) < len(places):
        logger.info("%d of %d cells are done already", len(places) - len(left), len(places))
    cells = engine(left, environment)
    bars = progress(total=len(places), desc="cells", unit="cell")
    # Whatever ends the loop ends the cells that run.
    with bars as bar, closing(cells):
        bar.update(len(places) - len(left))
        for place in cells:
            if place.done() and not keep:
                place.tidy()
            if reason := place.failure():
                logger.warning("%s has failed: %s", place.cell.name, reason)
            bar.update()


def _head(name: str, seconds: Sequence[float], last: float) -> str:
    """Give the command, when the last cell was done, and what a cell has taken."""
    day, minutes = datetime.date.fromtimestamp(last), statistics.median(seconds) / 60
    return f"    vadline sweep {name}    # {day}: {len(seconds)} cells, {minutes:.1f} minutes each"


def _nothing(places: Sequence[Place]) -> str:
    reasons = {place.failure() for place in places} - {""}
    return f"no cell has left a table: {'; '.join(sorted(reasons)) or 'none has run'}"


def _tell_failures(places: Sequence[Place]) -> None:
    failed = [place for place in places if place.failure()]
    if failed:
        logger.warning(
            "%d of %d cells have failed, the first by %s; the same command tries them again",
            *(len(failed), len(places), failed[0].failure()),
        )

"""Cells as processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from vadline.sweep.cells import Place

CELL = "vadline.sweep.cell"
"""The module that runs a cell."""
TIME_TO_STOP = 20  # seconds


def run_here(
    places: Sequence[Place], environment: Mapping[str, str], workers: int
) -> Generator[Place]:
    """Run cells, a few at a time.

    Parameters
    ----------
    environment : mapping
        Of the processes, beside this one's own.
    workers : int
        Cells that run at once; each uses all cores that it is given.

    Yields
    ------
    Place
        Each cell as it ends, well or not.
    """
    running: set[subprocess.Popen[bytes]] = set()

    def run(place: Place) -> Place:
        place.prepare()
        process = start(place, environment)
        running.add(process)
        code = process.wait()
        running.discard(process)
        if code and not stopping:
            place.fail(f"ended with exit status {code}; see {place.log}")
        return place

    stopping: list[bool] = []
    pool = ThreadPoolExecutor(workers)
    try:
        for ended in as_completed([pool.submit(run, place) for place in places]):
            yield ended.result()
    except BaseException:
        stopping.append(True)
        pool.shutdown(wait=False, cancel_futures=True)
        stop(list(running))
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def start(
    place: Place, environment: Mapping[str, str], module: str = CELL
) -> subprocess.Popen[bytes]:
    """Start the process of a cell whose folder is prepared."""
    with place.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(place.own)],
            cwd=place.own,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the sweep, which then ends its cells
        )


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes, by force where they take long."""
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(TIME_TO_STOP)
            continue
        process.kill()

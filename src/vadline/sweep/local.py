"""Cells as processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from vadline.sweep.cells import Place

_TIME_TO_STOP = 20  # seconds


def run_here(
    places: Sequence[Place], environment: Mapping[str, str], workers: int
) -> Iterator[Place]:
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
        command = [sys.executable, "-m", "vadline.sweep.cell", str(place.own)]
        with place.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=place.own,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the sweep, which then ends its cells
            )
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
        for process in list(running):
            process.terminate()
        for process in list(running):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TIME_TO_STOP)
                continue
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)

"""Two ways of doing one thing, measured alternately, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import pandas as pd
import torch

from vadline.errors import VadlineError
from vadline.progress import progress

# A lap takes the repeat's number as its seed; what it returns is asked for its values untimed.
Lap = Callable[[int], Callable[[], dict[str, float]]]
_SAMPLE_SECONDS = 0.005


@dataclass(frozen=True)
class Case:
    """What is compared.

    Attributes
    ----------
    name : str
        Of the row, or of the rows where the sides take several laps.
    sides : dict of str to callable
        Ours first. Each is called with ``inputs`` in its own process, untimed, and gives the laps
        to time, in order, by name.
    inputs : dict
        Keyword arguments of every side; picklable.
    repeats, warmups : int
        Counted rounds and those before; each round runs every side once.
    """

    name: str
    sides: dict[str, Callable[..., dict[str, Lap]]]
    inputs: dict[str, Any] = field(default_factory=dict)
    repeats: int = 3
    warmups: int = 1


def compare(case: Case, threads: int) -> pd.DataFrame:
    """Run all sides of a case in turn, A B A B, after the warm-up rounds.

    Returns
    -------
    DataFrame
        A row per side, lap and repeat: ``case, lap, side, repeat, seconds, peak_mb, held_mb`` and
        a column for each value found. ``peak_mb`` is the most memory that the process held during
        the lap, ``held_mb`` what it held before it (libraries, inputs); files that the system maps
        or caches are left out, and both are NaN where the system does not tell.

    Raises
    ------
    VadlineError
        If a side ends before its time, as one that runs out of memory does.
    """
    rows = []
    with ExitStack() as stack:
        sides = {
            name: stack.enter_context(closing(_Side(name, build, case.inputs, threads)))
            for name, build in case.sides.items()
        }
        rounds = range(-case.warmups, case.repeats)
        for repeat in progress(rounds, desc=case.name, unit="round"):
            for name, side in sides.items():
                laps = side.run(max(repeat, 0))
                if repeat >= 0:
                    keys = {"case": case.name, "side": name, "repeat": repeat}
                    rows += [{**keys, **lap} for lap in laps]
    return pd.DataFrame(rows)


class _Side:
    def __init__(
        self, name: str, build: Callable[..., Any], inputs: Mapping[str, Any], threads: int
    ) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(build, dict(inputs), threads, theirs), daemon=True
        )
        with _environment(threads):
            self.process.start()
        theirs.close()
        self._receive()

    def run(self, seed: int) -> list[dict[str, Any]]:
        self.pipe.send(seed)
        return self._receive()

    def _receive(self) -> Any:
        try:
            return self.pipe.recv()
        except EOFError:
            self.process.join()
            raise VadlineError(
                f"the side {self.name} ended with exit code {self.process.exitcode}: see above; "
                "-9 means that memory ran out."
            ) from None

    def close(self) -> None:
        self.pipe.close()
        self.process.join(timeout=10)
        self.process.kill()


def _serve(
    build: Callable[..., dict[str, Lap]], inputs: dict[str, Any], threads: int, pipe: Connection
) -> None:
    torch.set_num_threads(threads)
    laps = build(**inputs)
    pipe.send(None)
    try:
        while True:
            pipe.send(_run(laps, pipe.recv()))
    except (EOFError, BrokenPipeError):
        return


def _run(laps: dict[str, Lap], seed: int) -> list[dict[str, Any]]:
    rows = []
    for name, lap in laps.items():
        with PeakMemory() as memory:
            start = time.perf_counter()
            found = lap(seed)
            seconds = time.perf_counter() - start
        memories = {"peak_mb": memory.peak_mb, "held_mb": memory.held_mb}
        rows.append({"lap": name, "seconds": seconds, **memories, **found()})
    return rows


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Set what OpenMP, BLAS and tqdm read when a process starts; bars inside bars confuse."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    wanted = dict.fromkeys(names, str(threads)) | {"TQDM_DISABLE": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class PeakMemory:
    """The most memory of its own (pages of files left out) that this process holds in a ``with``.

    Attributes
    ----------
    held_mb, peak_mb : float
        At the start and at most, in megabytes; NaN where the system does not tell (not Linux).
    """

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self.held_mb = self.peak_mb = _anonymous_mb()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self.peak_mb = max(self.peak_mb, _anonymous_mb())

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.peak_mb = max(self.peak_mb, _anonymous_mb())


def _anonymous_mb() -> float:
    """Resident memory that belongs to this process alone, without pages of files."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    kilobytes = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(kilobytes.split()[1]) * 1024 / 1e6

"""Progress bars for whatever takes longer than a person likes to wait."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tqdm.auto import tqdm

_IN_A_LOG: dict[str, Any] = {"mininterval": 30, "delay": 10, "position": 0}
_hidden: ContextVar[bool] = ContextVar("hidden", default=False)


@contextmanager
def without_bars() -> Iterator[None]:
    """Show no bar inside, in this thread, for whoever shows a bar over all of it."""
    before = _hidden.set(True)
    try:
        yield
    finally:
        _hidden.reset(before)


def progress(
    iterable: Iterable[Any] | None = None,
    *,
    total: int | None = None,
    desc: str = "",
    unit: str = "it",
) -> tqdm:
    """Wrap an iterable in a progress bar with the time left; without one, update it by hand.

    A finished bar vanishes. In a log file, where nothing does, one appears after ten seconds, is
    renewed twice a minute, and never adds a line.
    """
    # Left out otherwise, so that tqdm's own TQDM_DISABLE works.
    hidden = {"disable": True} if total == 0 or _hidden.get() else {}
    return tqdm(
        iterable,
        total=total,
        desc=desc,
        unit=unit,
        leave=False,
        dynamic_ncols=True,
        **({"mininterval": 0.5} if sys.stderr.isatty() else _IN_A_LOG),
        **hidden,
    )

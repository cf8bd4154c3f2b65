"""Progress bars for whatever takes longer than a person likes to wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def progress(
    iterable: Iterable[Any] | None = None,
    *,
    total: int | None = None,
    desc: str = "",
    unit: str = "it",
) -> tqdm:
    """Wrap an iterable in a progress bar with the time left.

    Parameters
    ----------
    iterable : iterable, optional
        What to walk over; leave out to update the returned bar by hand.
    total : int, optional
        The number of steps, where ``iterable`` has no length.
    desc, unit : str
        What the bar says in front and counts in.

    Returns
    -------
    tqdm
        The bar: an iterable and a context manager.
    """
    # Left out otherwise, so that tqdm's own TQDM_DISABLE works.
    hidden = {"disable": True} if total == 0 else {}
    return tqdm(
        iterable,
        total=total,
        desc=desc,
        unit=unit,
        mininterval=0.5,
        dynamic_ncols=True,
        **hidden,
    )

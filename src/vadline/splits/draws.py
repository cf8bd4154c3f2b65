"""Seeded draws of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def order_uniformly_over_kinds(kinds: Sequence[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """Order samples so that every prefix is as even over their kinds as it can be.

    Kinds and the samples within each are shuffled, then one sample of each kind is taken in
    turn until none is left. The first k are k samples drawn uniformly over the kinds, and
    those of a smaller k are among those of a larger one.

    Returns
    -------
    ndarray, int64, shape (n,)
        A permutation of 0..n-1.
    """
    each = np.asarray(kinds, dtype=str)
    shuffled = rng.permutation(len(each))
    names = rng.permutation(np.unique(each))
    ordered = pd.Series(each[shuffled])
    turn = ordered.groupby(ordered).cumcount()  # how many of its kind come before
    place = pd.Index(names).get_indexer(ordered)  # of its kind among the shuffled kinds
    return shuffled[np.lexsort((place, turn))].astype(np.int64)


def evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Choose up to ``most`` of some rows, evenly from the first to the last."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]


def share_of(count: int, share: float) -> int:
    """Return a share of a count, rounded, but at least 1 of a positive share of something."""
    return min(count, max(1, round(share * count))) if count and share > 0 else 0

"""Seeded draws of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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
    n = len(each)
    shuffled = rng.permutation(n)
    names = rng.permutation(np.unique(each))
    turn = np.zeros(n, np.int64)  # of each shuffled sample: how many of its kind come before
    place = np.zeros(n, np.int64)  # of its kind among the shuffled kinds
    for position, name in enumerate(names):
        members = np.flatnonzero(each[shuffled] == name)
        turn[members] = np.arange(len(members))
        place[members] = position
    return shuffled[np.lexsort((place, turn))].astype(np.int64)


def share_of(count: int, share: float) -> int:
    """Return a share of a count, rounded, but at least 1 of a positive share of something."""
    return min(count, max(1, round(share * count))) if count and share > 0 else 0

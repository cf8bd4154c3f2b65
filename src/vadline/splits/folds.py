"""Folds: every training part belongs to one, and is scored by models that have not seen it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.sources.manifest import GOOD

FOLD_COLUMNS = ("fold", "network_fold")
NO_FOLD = -1


_FEWEST, _MOST = 6, 15
_LEARNT_FROM = 1200  # goods, by all folds' models together, beyond which there are no more folds


def usual_folds(goods: int) -> int:
    """Return how many folds are worth their time for a number of goods: 15, at 200 and more 6."""
    return min(_MOST, max(_FEWEST, _LEARNT_FROM // max(goods, 1)))


def deal_folds(
    kinds: Sequence[str], groups: Sequence[int], folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal parts into folds, as evenly over the kinds, and over good and bad, as groups allow.

    Parameters
    ----------
    kinds : sequence of str, length n
        ``good``, or the kind of defect.
    groups : sequence of int, length n
        Parts of one group, photographs of the same thing, come into one fold.
    folds : int
        At most; no more than there are groups of goods.

    Returns
    -------
    ndarray, int64, shape (n,)
        0..folds-1.
    """
    table = pd.DataFrame({"kind": np.asarray(kinds, str), "group": np.asarray(groups)})
    table["bad"] = table["kind"] != GOOD
    goods = table.loc[~table["bad"], "group"].nunique()
    load = {key: np.zeros(max(1, min(folds, goods)), int) for key in (*table["kind"], False, True)}
    result = np.full(len(table), NO_FOLD)
    each = table.iloc[rng.permutation(len(table))].groupby("group", sort=False)
    for _, members in sorted(each, key=lambda item: (item[1]["kind"].iloc[0], -len(item[1]))):
        kind, bad = members["kind"].iloc[0], members["bad"].iloc[0]
        fold = np.lexsort((load[bad], load[kind]))[0]
        result[members.index] = fold
        load[kind][fold] += len(members)
        load[bad][fold] += len(members)
    return result


def unite(folds: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Unite folds to at most ``count`` larger ones; what is in none stays so."""
    return np.where(folds == NO_FOLD, NO_FOLD, folds % count)


def folds_of(
    split: pd.DataFrame, stand_ins: StandIns, rows: NDArray[np.int64], column: str = "fold"
) -> NDArray[np.int64]:
    """Return the folds of photographs and of stand-ins, which are in that of their photograph.

    Parameters
    ----------
    rows : ndarray, int64, shape (n,)
        As in a `TrainingSet` of :func:`vadline.splits.selections.training_set`.
    column : str
        One of `FOLD_COLUMNS`.

    Returns
    -------
    ndarray, int64, shape (n,)
        `NO_FOLD` for test parts.
    """
    photographs = split[column].to_numpy(np.int64)
    made = photographs[stand_ins.table["source_row"].to_numpy(np.int64)]
    return np.concatenate([photographs, made])[rows]

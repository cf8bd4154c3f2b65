"""How well each kind of defect is told from good parts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.metrics.image import image_auroc
from vadline.metrics.table_rows import KINDS_COLUMNS

EVERY, UNSEEN = "all kinds", "unseen kinds"


def kinds_table(
    kinds: pd.Series,
    bad: NDArray[np.bool_],
    scores: NDArray[np.float64],
    rejected: NDArray[np.bool_],
    learnt: Mapping[str, int],
) -> pd.DataFrame:
    """Table of defects: a row per kind, one of all, and one of those that training had not.

    Parameters
    ----------
    kinds : Series
        Each part's kind; of good ones it does not count.
    bad : ndarray, bool, shape (N,)
    scores : ndarray, float64, shape (N,)
    rejected : ndarray, bool, shape (N,)
        At the threshold in use.
    learnt : mapping of str to int
        How many known bad parts of each kind were learnt from.

    Returns
    -------
    DataFrame
        ``image_auroc`` against all good parts, ``caught`` (both fractions), ``parts`` and
        ``learnt_from`` (counts); the kind is the index, those that are caught least first.
    """
    groups = {str(kind): bad & (kinds == kind).to_numpy() for kind in sorted(set(kinds[bad]))}
    new = [kind for kind in groups if not learnt.get(kind)]
    rows = {kind: _row(some, ~bad, scores, rejected) for kind, some in groups.items()}
    for kind in rows:
        rows[kind]["learnt_from"] = learnt.get(kind, 0)
    ordered = sorted(rows.items(), key=lambda row: (row[1]["caught"], row[1]["image_auroc"]))
    table = dict(ordered)
    if bad.any():
        learnt_from = sum(learnt.values())
        table[EVERY] = {**_row(bad, ~bad, scores, rejected), "learnt_from": learnt_from}
    if new and len(new) < len(groups):
        some = np.any([groups[kind] for kind in new], axis=0)
        table[UNSEEN] = {**_row(some, ~bad, scores, rejected), "learnt_from": 0}
    frame = pd.DataFrame.from_dict(table, orient="index", columns=list(KINDS_COLUMNS))
    return frame.rename_axis("kind").astype(float)


def _row(
    some: NDArray[np.bool_],
    good: NDArray[np.bool_],
    scores: NDArray[np.float64],
    rejected: NDArray[np.bool_],
) -> dict[str, float]:
    count = float(some.sum())
    return {
        "image_auroc": image_auroc(some[some | good], scores[some | good]),
        "caught": float(rejected[some].mean()),
        "parts": count,
    }

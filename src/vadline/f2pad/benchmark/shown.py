"""Which images of the benchmark a picture shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vadline.f2pad.benchmark.goods import TEST
from vadline.f2pad.benchmark.params import Solver
from vadline.f2pad.benchmark.variants import MAP

_DRAWN = 8
_FAR = 4
"""Beside those that are drawn: so many that gained most, and so many that lost most."""


def choose_shown(parts: pd.DataFrame, made: pd.DataFrame, solver: Solver) -> pd.DataFrame:
    """Draw eight test images by the seed, and add the four best and worst of the others.

    Parameters
    ----------
    parts : DataFrame
        One detector's, as from `measure`.
    made : DataFrame
        The table of `make_images`.

    Returns
    -------
    DataFrame
        ``row`` (of the made images), ``place`` (among the test images of the first seed),
        ``paste``, ``image``, ``before`` and ``after`` (IOU of the thresholded map and of the
        refined mask, fractions).
    """
    seed = int(made["seed"].iloc[0])
    rows = np.flatnonzero((made["seed"] == seed) & (made["role"] == TEST))
    table = made[["paste", "image"]].iloc[rows].assign(row=rows, place=np.arange(len(rows)))
    own = parts[parts["seed"] == seed]
    for name, method in (("before", MAP), ("after", solver)):
        found = own.loc[own["method"] == method, ["paste", "image", "iou"]]
        table = table.merge(found.rename(columns={"iou": name}), on=["paste", "image"])
    order = np.random.default_rng((seed, 0x5E)).permutation(len(table))
    drawn, others = order[:_DRAWN], order[_DRAWN:]
    gains = (table["after"] - table["before"]).to_numpy()
    others = others[np.argsort(-gains[others], kind="stable")]
    worst = others[_FAR:][-_FAR:]
    chosen = np.concatenate([drawn, others[:_FAR], worst])
    return table.iloc[chosen].reset_index(drop=True)

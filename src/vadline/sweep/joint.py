"""Many cells' tables as one: means, spread, and differences over the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.sweep.plan import Cell, Plan

ALL = "all"
"""Stands for the mean of all products, where there are several."""
LONG = ("product", "arm", "seed", "table", "row", "metric", "value")
_DRAWS = 2000
_INTERVAL = (2.5, 97.5)  # per cent
_SMALLER_IS_BETTER = ("fpr_at_95tpr", "seconds", "iterations")


def as_long(cells: Iterable[tuple[Cell, Mapping[str, Any]]], plan: Plan) -> pd.DataFrame:
    """Lay out what cells have left: a line for every cell, row and metric that the plan shows.

    Returns
    -------
    DataFrame
        Columns `LONG`; ``value`` as the tables have it: fractions.
    """
    lines = [
        (cell.product, cell.arm, cell.seed, name, row["row"], metric, row[metric])
        for cell, left in cells
        for name, metrics in plan.tables.items()
        for row in left["tables"].get(name, [])
        if plan.rows is None or row["row"] in plan.rows
        for metric in metrics
        if row.get(metric) is not None
    ]
    table = pd.DataFrame(lines, columns=list(LONG)).astype({"value": float})
    return table.drop_duplicates(list(LONG[:-1]))  # rows of single kinds may share a name


def with_all(table: pd.DataFrame) -> pd.DataFrame:
    """Add the mean over products, seed by seed, of those seeds that all products have."""
    products = table["product"].nunique()
    if products < 2:
        return table
    keys = [name for name in LONG if name not in ("product", "value")]
    grouped = table.groupby(keys, sort=False)["value"]
    mean = grouped.mean()[grouped.count() == products].reset_index().assign(product=ALL)
    return pd.concat([table, mean], ignore_index=True)[list(LONG)]


def joint_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation over seeds (NaN of one) and number of seeds.

    Parameters
    ----------
    table : DataFrame
        As :func:`as_long` gives it.

    Returns
    -------
    DataFrame
        Columns ``product, arm, table, row, metric, mean, sd, seeds, best``; ``best`` marks the
        best row of each product, arm, table and metric.
    """
    keys = [name for name in LONG if name not in ("seed", "value")]
    grouped = with_all(table).groupby(keys, sort=False)["value"]
    found = grouped.agg(mean="mean", sd="std", seeds="count").reset_index()
    sign = np.where(found["metric"].isin(_SMALLER_IS_BETTER), -1.0, 1.0)
    within = [found[name] for name in ("product", "arm", "table", "metric")]
    best = (sign * found["mean"]).groupby(within).transform("max")
    return found.assign(best=np.isclose(sign * found["mean"], best, atol=1e-12))


def differences(table: pd.DataFrame, against: str | None = None, seed: int = 0) -> pd.DataFrame:
    """Hold rows against one of them, cell by cell, with a bootstrap interval.

    Cells (product and seed) are drawn with replacement, so that the interval is of a difference
    over such products and seeds.

    Parameters
    ----------
    table : DataFrame
        As :func:`as_long` gives it.
    against : str, optional
        A row; the first where it is left out.

    Returns
    -------
    DataFrame
        ``arm, table, metric, row, against, difference, low, high, cells``; the interval is of 95 %.
    """
    rng, lines = np.random.default_rng((seed, 0xD1FF)), []
    for (arm, name, metric), part in table.groupby(["arm", "table", "metric"], sort=False):
        wide = part.pivot_table(
            index=["product", "seed"], columns="row", values="value", sort=False
        )
        one = against if against in wide.columns else str(wide.columns[0])
        for row in wide.columns.drop(one):
            delta = (wide[row] - wide[one]).dropna().to_numpy()
            if len(delta):
                low, high = _interval(delta, rng)
                lines.append((arm, name, metric, row, one, delta.mean(), low, high, len(delta)))
    columns = ["arm", "table", "metric", "row", "against", "difference", "low", "high", "cells"]
    return pd.DataFrame(lines, columns=columns)


def _interval(delta: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
    if len(delta) < 2:
        return np.nan, np.nan
    drawn = rng.choice(delta, (_DRAWS, len(delta))).mean(axis=1)
    low, high = np.percentile(drawn, _INTERVAL)
    return float(low), float(high)

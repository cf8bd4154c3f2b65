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
_UNRANKED = ("thresholds",)  # its rows are rates that were asked for


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
        best row of each product, arm, table and metric, but none of thresholds.
    """
    keys = [name for name in LONG if name not in ("seed", "value")]
    grouped = with_all(table).groupby(keys, sort=False)["value"]
    found = grouped.agg(mean="mean", sd="std", seeds="count").reset_index()
    sign = np.where(found["metric"].isin(_SMALLER_IS_BETTER), -1.0, 1.0)
    within = [found[name] for name in ("product", "arm", "table", "metric")]
    best = (sign * found["mean"]).groupby(within).transform("max")
    ranked = ~found["table"].isin(_UNRANKED)
    return found.assign(best=np.isclose(sign * found["mean"], best, atol=1e-12) & ranked)


def differences(table: pd.DataFrame, against: str | None = None, seed: int = 0) -> pd.DataFrame:
    """Hold rows against one of them, cell by cell, with a bootstrap interval.

    Cells (product and seed) are drawn with replacement, so that the interval is of a difference
    over such products and seeds.

    Parameters
    ----------
    table : DataFrame
        As :func:`as_long` gives it.
    against : str, optional
        A row, of the same table or, where that has none of the name, of the first one that has
        it, and the metric; others are held against nothing. Left out, the first of each table;
        ``""`` for no differences.

    Returns
    -------
    DataFrame
        ``arm, table, metric, row, against, difference, low, high, cells``; the interval is of 95 %.
    """
    rng, lines = np.random.default_rng((seed, 0xD1FF)), []
    cell = ["product", "seed"]
    for (arm, name, metric), part in table.groupby(["arm", "table", "metric"], sort=False):
        wide = part.pivot_table(index=cell, columns="row", values="value", sort=False)
        one = str(wide.columns[0]) if against is None else against
        others = table[(table["arm"] == arm) & (table["metric"] == metric) & (table["row"] == one)]
        place = name if one in wide.columns else next(iter(others["table"]), None)
        base = others[others["table"] == place].set_index(cell)["value"]
        for row in wide.columns.drop(one, errors="ignore"):
            delta = (wide[row] - base).dropna().to_numpy()
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

"""The paper's tables, with its own figures beside ours.

All take a row for each image and method, as `measure` gives them, with ``detector`` and ``setting``
added. IOU and DICE are means over the images of a seed, and then over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from vadline.f2pad.benchmark import published
from vadline.f2pad.benchmark.variants import ADAPTIVE, MAP, START, WEIGHTS

_METHODS = (MAP, ADAPTIVE, START, *WEIGHTS)
_ABLATED = (START, "no_pixel_prior", "no_sparsity", "sharing", "plain_adan", "gradient")
_PAPERS = "colour"
"""The paste that the paper has."""


def masks_table(parts: pd.DataFrame) -> pd.DataFrame:
    """Fill tables I and II: a row for each setting, paste, detector and method.

    Returns
    -------
    DataFrame
        ``row``, ``iou`` and ``dice`` with their standard deviations over seeds (NaN for one),
        ``images`` and, for the paper's paste, the published means; fractions.
    """
    keys = ["setting", "paste", "detector", "method"]
    rows = []
    for (setting, paste, detector, method), some in _groups(parts, keys, _METHODS):
        row = {"row": f"{setting} {paste} {detector} {method}", **_overlap(some)}
        known = published.MASKS.get((setting, detector)) if paste == _PAPERS else None
        index = {MAP: 0, **dict.fromkeys(WEIGHTS, 1)}.get(method)
        rows.append(row | _published(None if known is None or index is None else known[index]))
    return pd.DataFrame(rows)


def ablation_table(parts: pd.DataFrame) -> pd.DataFrame:
    """Fill table III, what solver `gradient` owes to its terms, for those that were ablated.

    Returns
    -------
    DataFrame
        A row for each detector and variant; columns as of `masks_table`. Empty without ablation.
    """
    ablated = parts[parts["method"] == "no_sparsity"]
    cells = set(zip(*(ablated[key] for key in ("setting", "paste")), strict=True))
    same = [cell in cells for cell in zip(parts["setting"], parts["paste"], strict=True)]
    rows = []
    for (detector, method), some in _groups(parts[same], ["detector", "method"], _ABLATED):
        known = published.ABLATION.get(detector) if cells == {("normal", _PAPERS)} else None
        places = (START, "no_pixel_prior", "no_sparsity", "gradient")
        cell = known[places.index(method)] if known and method in places else None
        rows.append({"row": f"{detector} {method}", **_overlap(some), **_published(cell)})
    return pd.DataFrame(rows, columns=None if rows else ["row", "iou", "dice"])


def cost_table(parts: pd.DataFrame) -> pd.DataFrame:
    """Fill table IV: what solving an image takes, and the weight that was chosen for it.

    Returns
    -------
    DataFrame
        A row for each setting, detector and solver, over all pastes: ``weight`` (mean over seeds),
        ``iterations`` and ``seconds``, means an image, and the published ones.
    """
    rows = []
    for (setting, detector, method), some in _groups(
        parts, ["setting", "detector", "method"], tuple(WEIGHTS)
    ):
        known = published.COST.get(detector) if setting == "normal" else None
        iterations, seconds = known or (np.nan, np.nan)
        means = some[["weight", "iterations", "seconds"]].mean().to_dict()
        told = {"published_iterations": iterations, "published_seconds": seconds}
        rows.append({"row": f"{setting} {detector} {method}", **means, **told})
    return pd.DataFrame(rows)


def sizes_table(parts: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Fill figure 7: IOU by the defect's size, over the detectors of the first setting.

    Parameters
    ----------
    edges : sequence of float
        Of the groups, shares of the region of interest; the outer ones are open.

    Returns
    -------
    DataFrame
        A row for each paste and group, a column for each method, and ``images``; fractions.
    """
    some = parts[(parts["setting"] == parts["setting"].iloc[0]) & parts["method"].isin(_METHODS)]
    group = np.digitize(some["share"], edges[1:-1])
    names = [f"{low:g}-{high:g}" for low, high in pairwise(edges)]
    table = some.assign(group=group).pivot_table("iou", ["paste", "group"], "method", sort=False)
    table = table.reindex(columns=[name for name in _METHODS if name in table])
    counts = some.assign(group=group)[some["method"] == MAP].groupby(["paste", "group"]).size()
    order = pd.MultiIndex.from_product([some["paste"].unique(), range(len(names))])
    table = table.reindex(order).assign(images=counts.reindex(order, fill_value=0))
    table.insert(0, "row", [f"{paste} {names[index]}" for paste, index in order])
    return table.reset_index(drop=True)


def _groups(
    parts: pd.DataFrame, keys: list[str], methods: Sequence[str]
) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Group the rows of some methods, in the methods' order, all else as it first comes."""
    some = parts[parts["method"].isin(methods)]
    orders = {key: methods if key == "method" else some[key].unique() for key in keys}
    sorted_keys = {key: pd.Categorical(some[key], orders[key]) for key in keys}
    yield from some.assign(**sorted_keys).groupby(keys, observed=True)


def _overlap(parts: pd.DataFrame) -> dict[str, float]:
    seeds = parts.groupby("seed")[["iou", "dice"]].mean()
    mean, sd = seeds.mean(), seeds.std()
    return {
        "iou": mean["iou"],
        "iou_sd": sd["iou"],
        "dice": mean["dice"],
        "dice_sd": sd["dice"],
        "images": len(parts),
    }


def _published(cell: published.Cell | None) -> dict[str, float]:
    iou, dice = cell or (np.nan, np.nan)
    return {"published_iou": iou / 100, "published_dice": dice / 100}

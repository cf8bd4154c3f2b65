"""Nodes of the stage evaluate that draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vadline.config.tree import DecideParams
from vadline.figures import (
    GalleryPart,
    gallery_figure,
    histogram_figure,
    history_figure,
    importance_figure,
    roc_figure,
    table_figure,
)
from vadline.metrics import reject_threshold
from vadline.splits import known_masks, unseen_defects


def draw_detector_roc(split: pd.DataFrame, *scores: pd.DataFrame, names: list[str]) -> go.Figure:
    """Draw the detectors' ROC curves on the test part."""
    test = split[split["test"]]
    series = {
        name: frame.set_index("image_id")["score"].reindex(test["image_id"]).to_numpy()
        for name, frame in zip(names, scores, strict=True)
    }
    return roc_figure(test["label"] == "bad", series, "Detectors")


def draw_setups(
    scores: pd.DataFrame, split: pd.DataFrame, decide: dict[str, Any]
) -> tuple[go.Figure, go.Figure]:
    """Draw ROC curves and score histograms of all set-ups on the test part."""
    table = scores.set_index("image_id").reindex(split["image_id"])
    rate = DecideParams(**decide).false_reject_rate
    goods = table[split["calibration"].to_numpy()]
    thresholds = {name: reject_threshold(goods[name], rate) for name in table}
    test = split["test"].to_numpy()
    bad = (split["label"] == "bad").to_numpy()[test]
    unseen = unseen_defects(split)[test]
    series = {name: table[name].to_numpy()[test] for name in table}
    known = {name: value for name, value in thresholds.items() if not np.isnan(value)}
    return roc_figure(bad, series, "SegAD"), histogram_figure(bad, series, unseen, known)


def draw_table(table: pd.DataFrame, title: str) -> go.Figure:
    """Draw a table with a heat tint."""
    return table_figure(table.set_index("row"), title)


def draw_importances(importances: dict[str, float], title: str) -> go.Figure:
    """Draw what a forest looks at."""
    return importance_figure(pd.Series(importances, dtype=float), title)


def draw_history(history: pd.DataFrame) -> go.Figure:
    """Draw the losses of the fine-tuning."""
    return history_figure(history.drop(columns="seconds"))


def draw_gallery(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    manifest: pd.DataFrame,
    decisions: pd.DataFrame,
    maps: NDArray[np.float32],
    refined: NDArray[np.uint8],
    recovered: NDArray[np.uint8],
    log: pd.DataFrame,
    decide: dict[str, Any],
) -> Figure:
    """Show refined parts, or any test parts where none was: photograph, truth, map, mask."""
    known, calls = known_masks(manifest), decisions.set_index("image_id")
    refinement = {row: i for i, row in enumerate(log["row"])}
    rows = list(refinement) or np.flatnonzero(manifest["image_id"].isin(calls.index))
    wanted = min(DecideParams(**decide).gallery, len(rows))
    parts = []
    for i in np.linspace(0, len(rows) - 1, wanted).round().astype(int):  # evenly over all kinds
        row, found = rows[i], refinement.get(rows[i])
        call = calls.loc[manifest["image_id"].iloc[row]]
        parts.append(
            GalleryPart(
                name=str(call.name),
                image=images[row],
                score=float(call["score"]),
                decision=call["decision"],
                label=call["label"],
                truth=masks[row] if known[row] else None,
                anomaly_map=maps[row],
                refined_mask=None if found is None else refined[found],
                recovered=None if found is None else recovered[found],
            )
        )
    return gallery_figure(parts)

"""Nodes of the stage evaluate that draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vadline.calibration import promise
from vadline.detectors import AnomalyMaps
from vadline.figures import (
    GalleryPart,
    gallery_figure,
    histogram_figure,
    history_figure,
    importance_figure,
    pixels,
    roc_figure,
    segments_figure,
    table_figure,
    thresholds_figure,
    whole_page,
)
from vadline.metrics import without_kinds
from vadline.report import Goods, jpeg, mean_photograph
from vadline.segad import usual_segments
from vadline.splits import measured, unseen_defects
from vadline.splits.draws import evenly

_SIDE = 460  # of the report's picture of the segments, in pixels


def draw_detector_roc(split: pd.DataFrame, *scores: pd.DataFrame, names: list[str]) -> go.Figure:
    """Draw the detectors' ROC curves."""
    test = split[measured(split)]
    series = {
        name: frame.set_index("image_id")["score"].reindex(test["image_id"]).to_numpy()
        for name, frame in zip(names, scores, strict=True)
    }
    return roc_figure(test["label"] == "bad", series, "Detectors")


def draw_setups(
    scores: pd.DataFrame, split: pd.DataFrame, rate: float
) -> tuple[go.Figure, go.Figure]:
    """Draw ROC curves and score histograms of all set-ups."""
    table = scores.set_index("image_id").reindex(split["image_id"])
    goods = table[split["calibration"].to_numpy()]
    thresholds = {name: promise(goods[name].dropna(), rate).threshold for name in table}
    test = measured(split)
    bad = (split["label"] == "bad").to_numpy()[test]
    unseen = unseen_defects(split)[test]
    series = {name: table[name].to_numpy()[test] for name in table}
    known = {name: value for name, value in thresholds.items() if not np.isnan(value)}
    return roc_figure(bad, series, "SegAD"), histogram_figure(bad, series, unseen, known)


def draw_segments(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
    segment_names: list[str],
    *,
    per_part: bool,
) -> tuple[Figure, dict[str, str]]:
    """Draw the segments over the mean good training part, and the same for the report.

    Where each photograph has its own, it is what most good ones have.
    """
    goods = Goods(images, np.flatnonzero(split["detector"]), ())
    if per_part:
        segments = usual_segments(images, goods.rows, segments)
    figure = segments_figure(mean_photograph(goods, []), segments, segment_names)
    return figure, {"names": ", ".join(segment_names), "picture": jpeg(pixels(figure), _SIDE)}


def draw_table(table: pd.DataFrame, title: str) -> go.Figure:
    """Draw a table with a heat tint, which is to compare rows of the same parts."""
    return table_figure(without_kinds(table.set_index("row")), title)


def draw_thresholds(table: pd.DataFrame, rate: float) -> go.Figure:
    """Draw what every false-reject rate would cost."""
    return thresholds_figure(table.set_index("row"), rate)


def draw_importances(importances: dict[str, float], title: str) -> go.Figure:
    """Draw what a forest looks at."""
    return importance_figure(pd.Series(importances, dtype=float), title)


def draw_history(history: pd.DataFrame) -> go.Figure:
    """Draw the losses of the fine-tuning."""
    return history_figure(history.drop(columns="seconds"))


def gather_figures(*figures: go.Figure, names: list[str]) -> str:
    """Put all figures on one page that opens offline."""
    titles = (name.removesuffix("_figure") for name in names)
    return whole_page(dict(zip(titles, figures, strict=True)), "Figures")


def choose_for_gallery(
    split: pd.DataFrame, decisions: pd.DataFrame, log: pd.DataFrame, most: int
) -> pd.DataFrame:
    """Choose refined parts, or any test parts where none was, evenly over all kinds."""
    rows = log["row"].to_numpy(np.int64)  # an empty CSV has no types
    refined = np.arange(len(rows))
    if not len(rows):
        rows = np.flatnonzero(measured(split))
        refined = np.full(len(rows), -1)
    some = evenly(np.arange(len(rows)), most)
    parts = split[["image_id", "mask_known"]].iloc[rows[some]]
    parts = parts.assign(row=rows[some], refined=refined[some])
    return parts.merge(decisions[["image_id", "score", "decision", "label"]], on="image_id")


def draw_gallery(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    maps: AnomalyMaps,
    refined: NDArray[np.uint8],
    recovered: NDArray[np.uint8],
    chosen: pd.DataFrame,
) -> Figure:
    """Show parts: photograph, truth, map, mask."""
    parts = []
    for part in chosen.itertuples():
        found = None if part.refined < 0 else part.refined
        parts.append(
            GalleryPart(
                name=part.image_id,
                image=images[part.row],
                score=part.score,
                decision=part.decision,
                label=part.label,
                truth=masks[part.row] if part.mask_known else None,
                anomaly_map=maps.grid[part.row],
                refined_mask=None if found is None else refined[found],
                recovered=None if found is None else recovered[found],
            )
        )
    return gallery_figure(parts)

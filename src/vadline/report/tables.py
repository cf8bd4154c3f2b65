"""Metrics tables as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vadline.metrics.tables import format_cell

TITLES = {
    "detection": (
        "Detectors",
        "How well each detector's own score tells good from bad, and its map finds the defect.",
    ),
    "segad": (
        "Forests on the detectors' maps",
        "The scores that decide: a forest on one detector, or on all of them together.",
    ),
    "kinds": (
        "Kinds of defect",
        "How many of each are rejected at the threshold in use, and from how many it has learnt.",
    ),
    "refinement": (
        "Masks",
        "How far the mask of a defect and the true one cover each other, before and after it is "
        "refined.",
    ),
    "thresholds": (
        "Thresholds to choose from",
        "What each false-reject rate that one may ask for rejects and catches; small figures are "
        "the 90 % interval.",
    ),
}
_WORDS = {
    "image_auroc": "image AUROC",
    "image_f1": "image F1",
    "pixel_auroc": "pixel AUROC",
    "pixel_f1": "pixel F1",
    "aupro": "AUPRO",
    "fpr_at_95tpr": "FPR@95TPR",
    "iou": "IOU",
    "dice": "DICE",
    "iou_before": "IOU before",
    "dice_before": "DICE before",
    "iou_best_f1": "IOU at the best F1",
    "iou_initialiser": "IOU of the start",
    "goods": "good parts learnt from",
    "bads": "bad parts learnt from",
    "seconds": "seconds a part",
    "images": "parts",
    "caught": "rejected",
    "learnt_from": "learnt from",
    "goods_rejected": "good parts rejected",
    "bads_caught": "bad parts caught",
    "for_review": "for review",
    "test_goods_rejected": "test: good rejected",
    "test_bads_caught": "test: bad caught",
}
_KINDS = {"_seen": ", kinds in training", "_unseen": ", new kinds"}
GLOSSARY = (
    ("AUROC", "100: every bad part scores above every good one; 50: no better than chance."),
    ("F1", "Balance of what is found and what is right, at the best threshold; 100 is perfect."),
    ("FPR@95TPR", "Share of good parts rejected where 95 % of the bad ones are caught; 0 is best."),
    ("AUPRO", "How well the map covers every single defect, at few false alarms; 100 is best."),
    ("IOU, DICE", "How far two masks cover each other; 100 is perfect."),
)


@dataclass(frozen=True)
class TableOfCells:
    """A table in words: rows of (name, cells), each cell its text and a small one beside it."""

    title: str
    hint: str
    corner: str
    columns: list[str]
    rows: list[tuple[str, list[tuple[str, str]]]]


def tables_in_words(tables: Mapping[str, pd.DataFrame]) -> list[TableOfCells]:
    """Write those tables that have rows; fractions in per cent, a dash for NaN."""
    return [
        _in_words(tables[name], *TITLES[name])
        for name in TITLES
        if name in tables and len(tables[name])
    ]


def score_in_words(value: Any) -> str:
    """Write a score with three digits behind the point where it is small; a dash for NaN."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.2f}" if abs(value) < 1000 else f"{value:.4g}"


def column_in_words(column: str) -> str:
    """Name a column of a table for people."""
    for end, words in _KINDS.items():
        if column.endswith(end):
            return column_in_words(column.removesuffix(end)) + words
    return _WORDS.get(column, column.replace("_", " "))


def _in_words(table: pd.DataFrame, title: str, hint: str) -> TableOfCells:
    frame = table.set_index("row") if "row" in table else table
    ends = {f"{name}{end}" for name in frame for end in ("_low", "_high")} & set(frame)
    rates = "asked" in frame  # which name the rows
    columns = [str(name) for name in frame if name not in {*ends, "asked"}]
    rows = [
        (_row_name(str(row)), [_cell(column, cells) for column in columns])
        for row, cells in frame.iterrows()
    ]
    return TableOfCells(
        title,
        hint,
        "asked for" if rates else "",
        [column_in_words(column) for column in columns],
        rows,
    )


def _cell(column: str, cells: pd.Series) -> tuple[str, str]:
    value = cells[column]
    if column == "threshold":
        return score_in_words(value), ""
    low, high = cells.get(f"{column}_low", math.nan), cells.get(f"{column}_high", math.nan)
    small = "" if math.isnan(low) else f"{format_cell(column, low)}–{format_cell(column, high)}"
    return format_cell(column, value), small


def _row_name(row: str) -> str:
    rate = row.removeprefix("rate_")
    return row if rate == row else f"{100 * float(rate):g} %"

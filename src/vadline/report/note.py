"""A run's outcome as a short note in Markdown, for places that show no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from vadline.calibration.outcomes import REJECT, REVIEW
from vadline.metrics.tables import without_kinds
from vadline.report import numbers
from vadline.report.tables import tables_in_words
from vadline.report.wording import summary

_ASIDE = ("goods", "bads", "dice_before", "iou_initialiser")  # columns
_GAP = "&ensp;"  # MLflow sets cells without any between them
_ROWS = (None, 20, 10, 5, 2)  # of each table, until the note is short enough


def decided_in_words(decisions: pd.DataFrame) -> str:
    """Say how many parts are rejected and how many are for review, and how that fits the labels."""
    found, total = decisions["decision"].value_counts(), len(decisions)
    told = f"**{found.get(REJECT, 0)} of {total} parts are rejected"
    if review := found.get(REVIEW, 0):
        told += f", {review} are for review"
    return " ".join([f"{told}.**", *summary(numbers.completed(decisions))])


def write_note(
    first: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    last: Sequence[str] = (),
    *,
    longest: int,
) -> str:
    """Write a note: paragraphs, tables in per cent, paragraphs.

    Parameters
    ----------
    first, last : sequence of str
        Paragraphs before and after the tables; empty ones are left out.
    tables : mapping
        As for :func:`vadline.report.render_report`; rows of single kinds of defects and a few
        columns are left out.
    longest : int
        Characters that the note may have; tables lose their last rows for it.

    Returns
    -------
    str
        Markdown as GitHub writes it.
    """
    text = ""
    for most in _ROWS:
        shown = [_markdown(table, most) for table in _named(tables).items()]
        text = "\n\n".join(filter(None, [*first, *shown, *last]))
        if len(text) <= longest:
            break
    return text[:longest]


def escaped(text: str) -> str:
    """Keep Markdown from reading signs in a name, and from breaking a table's cell."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else f"&{'lg'[sign == '>']}t;")
    return text


def _named(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    rows = {name: t.set_index("row") if "row" in t else t for name, t in tables.items()}
    kept = {name: without_kinds(table) for name, table in rows.items() if len(table)}
    return {name: t.drop(columns=[*_ASIDE], errors="ignore") for name, t in kept.items()}


def _markdown(table: tuple[str, pd.DataFrame], most: int | None) -> str:
    name, frame = table
    (told,) = tables_in_words({name: frame.head(most) if most else frame})
    head = ["", *told.columns]
    rows = [[escaped(row), *(text for text, _ in cells)] for row, cells in told.rows]
    if most and len(frame) > most:
        rows.append([f"{len(frame) - most} more", *[""] * len(told.columns)])
    lines = ["| " + f" | {_GAP}".join(cells) + " |" for cells in rows]
    rule = "|---" + "|--:" * len(told.columns) + "|"
    top = "| " + f" | {_GAP}".join(head) + " |"
    return "\n".join([f"<br>**{name}**, in %", "", top, rule, *lines])

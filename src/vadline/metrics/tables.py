"""The three tables of a run: detection, segad and refinement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from vadline.errors import VadlineError
from vadline.metrics.table_rows import (
    DETECTION_COLUMNS,
    PLAIN,
    REFINEMENT_COLUMNS,
    SEGAD_COLUMNS,
)

_UNNAMEABLE = re.compile(r"[^\w.\- :]")  # for MLflow, and what would add a level
_KIND = ": "  # in no detector's name

Rows = Mapping[str, Mapping[str, float]]


def detection_table(rows: Rows) -> pd.DataFrame:
    """Table of detectors: a row per detector, columns `DETECTION_COLUMNS`, all fractions.

    Parameters
    ----------
    rows : mapping
        Detector name to metrics; a metric that is left out becomes NaN.

    Raises
    ------
    VadlineError
        If a row has a metric that the table does not.
    """
    return _table(rows, DETECTION_COLUMNS, "detector")


def segad_table(rows: Rows) -> pd.DataFrame:
    """Table of SegAD set-ups: a row per set-up, columns `SEGAD_COLUMNS`; as `detection_table`."""
    return _table(rows, SEGAD_COLUMNS, "setup")


def refinement_table(rows: Rows) -> pd.DataFrame:
    """Table of F2PAD: a row per detector, columns `REFINEMENT_COLUMNS`; as `detection_table`.

    ``seconds`` (per image) and ``images`` (a count) are no fractions. A detector's row may be
    followed by rows of each kind of defect, named by `kind_row`.
    """
    return _table(rows, REFINEMENT_COLUMNS, "detector")


def kind_row(name: str, kind: str) -> str:
    """Name the row of one kind of defect below the row that it is a share of."""
    return f"{name}{_KIND}{kind}"


def is_kind_row(row: str) -> bool:
    """Say whether `kind_row` has named a row."""
    return _KIND in row


def without_kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows that `kind_row` has named, which would make a short table long."""
    return frame.loc[np.array([not is_kind_row(str(row)) for row in frame.index], bool)]


def as_metrics(table_name: str, frame: pd.DataFrame) -> dict[str, float]:
    """Flatten a table to ``{"<table>/<row>/<metric>": value}``, leaving NaN out.

    In a row's name, such as a kind of defect, what MLflow refuses becomes ``_``.
    """
    return {
        f"{table_name}/{_UNNAMEABLE.sub('_', str(row))}/{column}": float(value)
        for row, cells in frame.iterrows()
        for column, value in cells.items()
        if not np.isnan(value)
    }


def is_without_numbers(frame: pd.DataFrame) -> bool:
    """Say whether a table has nothing but gaps and counts, as where no bad part is known."""
    return bool(frame.drop(columns=[*PLAIN], errors="ignore").isna().to_numpy().all())


def format_table(frame: pd.DataFrame, title: str) -> Table:
    """Render a table for the terminal: fractions as percentages with one decimal, NaN as a dash.

    The title stands above the rows' names, so that a table takes one line more than it has rows.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for column in frame.columns:
        table.add_column(str(column), justify="right")
    for row, cells in frame.iterrows():
        texts = (format_cell(str(column), value) for column, value in cells.items())
        table.add_row(str(row), *texts)
    return table


def format_cell(column: str, value: Any) -> str:
    """Write one cell: seconds and counts plainly, anything else as a percentage, NaN as a dash."""
    if np.isnan(value):
        return "–"
    if column.endswith("_seconds"):
        column = "seconds"
    return PLAIN[column].format(value) if column in PLAIN else f"{100 * value:.1f}"


def _table(rows: Rows, columns: tuple[str, ...], index: str) -> pd.DataFrame:
    for name, row in rows.items():
        unknown = sorted(set(row) - set(columns))
        if unknown:
            raise VadlineError(
                f"row {name!r} has no column {unknown[0]!r}: use {', '.join(columns)}"
            )
    frame = pd.DataFrame(
        [[float(row.get(column, np.nan)) for column in columns] for row in rows.values()],
        index=pd.Index(list(rows), name=index, dtype=object),
        columns=list(columns),
        dtype=np.float64,
    )
    return frame

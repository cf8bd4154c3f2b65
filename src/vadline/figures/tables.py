"""A metrics table as a figure, tinted so that the best cells stand out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from vadline.figures.style import GREY, INK, styled
from vadline.metrics.table_rows import LOWER_IS_BETTER, UNRANKED
from vadline.metrics.tables import format_cell

# From white to a blue pale enough to read black figures on.
TINT = [[0.0, "rgb(255,255,255)"], [1.0, "rgb(148,196,226)"]]


def table_figure(frame: pd.DataFrame, title: str) -> go.Figure:
    """Draw a metrics table.

    Parameters
    ----------
    frame : DataFrame
        One of `vadline.metrics.tables`' tables: fractions by row name.

    Returns
    -------
    plotly.graph_objects.Figure
        One table trace; fractions as percentages, each column tinted from its worst row (white) to
        its best (blue).
    """
    names = [str(name) for name in frame.index]
    columns = [str(column) for column in frame.columns]
    texts = [[format_cell(column, value) for value in frame[column]] for column in columns]
    figure = go.Figure(
        go.Table(
            columnwidth=[2.2] + [1.0] * len(columns),
            header={
                "values": [f"<b>{frame.index.name or ''}</b>"]
                + [f"<b>{column.replace('_', ' ')}</b>" for column in columns],
                "fill_color": "white",
                "line_color": GREY,
                "align": ["left"] + ["right"] * len(columns),
                "font": {"color": INK, "size": 13},
            },
            cells={
                "values": [names, *texts],
                "fill_color": [["white"] * len(names), *(_tints(frame[c]) for c in frame.columns)],
                "line_color": "#E4E4E4",
                "align": ["left"] + ["right"] * len(columns),
                "font": {"color": INK, "size": 14},
                "height": 30,
            },
        )
    )
    figure = styled(figure, title)
    return figure.update_layout(
        height=150 + 32 * len(frame), margin={"l": 20, "r": 20, "t": 60, "b": 20}
    )


def _tints(column: pd.Series) -> list[str]:
    values = column.to_numpy(float)
    known = np.isfinite(values)
    name = str(column.name)
    if known.sum() < 2 or np.ptp(values[known]) == 0 or name in UNRANKED:
        return ["rgb(255,255,255)"] * len(values)
    low, high = values[known].min(), values[known].max()
    share = (values - low) / (high - low)
    if name.startswith(LOWER_IS_BETTER):
        share = 1 - share
    share = np.where(known, share, 0.0)
    return sample_colorscale(TINT, share.tolist())

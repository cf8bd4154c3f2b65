"""Overlap of masks by the size of the defect (F2PAD, figure 7)."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vadline.figures.style import line_style, styled


def sizes_figure(table: pd.DataFrame, title: str = "IOU by the defect's size") -> go.Figure:
    """Draw a panel for each kind of defect, and in it a curve for each method.

    Parameters
    ----------
    table : DataFrame
        As from `vadline.f2pad.benchmark.sizes_table`: a ``row`` "kind group", IOU as a fraction
        by method, and ``images``.

    Returns
    -------
    plotly.graph_objects.Figure
        Groups without an image are gaps.
    """
    kinds, groups = zip(*(row.rsplit(" ", 1) for row in table["row"]), strict=True)
    methods = [name for name in table if name not in ("row", "images")]
    panels = list(dict.fromkeys(kinds))
    figure = make_subplots(1, len(panels), subplot_titles=panels, shared_yaxes=True)
    for column, panel in enumerate(panels, start=1):
        own = [kind == panel for kind in kinds]
        names = [group for group, mine in zip(groups, own, strict=True) if mine]
        for index, method in enumerate(methods):
            figure.add_scatter(
                x=names,
                y=100 * table.loc[own, method],
                mode="lines+markers",
                name=method,
                line={**line_style(index), "width": 2.5},
                legendgroup=method,
                showlegend=column == 1,
                customdata=table.loc[own, "images"],
                hovertemplate=f"{method}: %{{y:.1f}}, %{{customdata}} images<extra></extra>",
                row=1,
                col=column,
            )
        figure.update_xaxes(title="share of the region", type="category", col=column)
    figure.update_yaxes(title="IOU, %", range=[-2, 102], col=1)
    figure.update_layout(height=460)
    return styled(figure, title)

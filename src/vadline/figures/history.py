"""Losses of a training run by epoch."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from vadline.figures.style import line_style, styled


def history_figure(history: pd.DataFrame, title: str = "APC training") -> go.Figure:
    """Draw one curve per loss.

    Parameters
    ----------
    history : DataFrame
        A row per epoch. The column "epoch", where there is one, is the x axis (otherwise the
        index); every other numeric column is a curve, gaps where it is NaN.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace per loss, on a logarithmic axis where all values are positive.
    """
    frame = history.set_index("epoch") if "epoch" in history else history
    losses = frame.select_dtypes("number")
    figure = go.Figure()
    for index, name in enumerate(losses.columns):
        figure.add_scatter(
            x=losses.index,
            y=losses[name],
            mode="lines+markers",
            name=str(name),
            line={**line_style(index), "width": 2.5},
            marker={"size": 6},
        )
    # Left alone, a short axis has ticks between the epochs.
    figure.update_xaxes(title="epoch", tickformat="d", dtick=1 if len(losses) <= 20 else None)
    fractions = any(str(name).endswith("auroc") for name in losses)
    figure.update_yaxes(title="loss, and AUROC as a fraction" if fractions else "loss")
    if len(losses.columns) and losses.min().min() > 0:
        figure.update_yaxes(type="log")
    figure.update_layout(showlegend=True, height=500)
    return styled(figure, title)

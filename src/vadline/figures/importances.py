"""Which features a forest leans on."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from vadline.figures.style import PALETTE, styled


def importance_figure(
    importances: pd.Series, title: str = "Forest features", top: int = 20
) -> go.Figure:
    """Draw the largest feature importances as bars, the largest on top.

    Parameters
    ----------
    importances : Series
        Shares by feature name, e.g. ``BoostedRandomForest.feature_importances_``.

    Returns
    -------
    plotly.graph_objects.Figure
        One horizontal bar trace, in per cent of the total gain.
    """
    largest = importances.sort_values(ascending=False, kind="stable").head(top)[::-1]
    figure = go.Figure(
        go.Bar(
            x=100 * largest.to_numpy(),
            y=[str(name) for name in largest.index],
            orientation="h",
            marker={"color": PALETTE[0]},
            text=[f"{100 * value:.1f}" for value in largest],
            textposition="outside",
            cliponaxis=False,
        )
    )
    figure.update_xaxes(title="% of the total gain")
    figure.update_yaxes(automargin=True, type="category")
    figure.update_layout(height=140 + 26 * len(largest))
    return styled(figure, title)

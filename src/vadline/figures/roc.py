"""ROC curves of detectors or set-ups in one figure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from sklearn.metrics import roc_curve

from vadline.figures.style import GREY, line_style, styled
from vadline.metrics.image import fpr_at_tpr, image_auroc


def roc_figure(
    labels: ArrayLike, scores: Mapping[str, ArrayLike], title: str = "ROC", tpr: float = 0.95
) -> go.Figure:
    """Draw one ROC curve per row of a table.

    Parameters
    ----------
    labels : array_like, shape (N,)
        1 for bad parts, 0 for good ones.
    scores : mapping
        Name to anomaly scores (N,).
    tpr : float
        True-positive rate at which each curve is marked.

    Returns
    -------
    plotly.graph_objects.Figure
        The chance diagonal, and for each name a curve with its AUROC in the legend and a marker at
        ``tpr``. With one class only, the diagonal and a note.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="chance", line={"color": GREY, "dash": "dot"}
    )
    bad = np.asarray(labels).astype(bool)
    if bad.any() and not bad.all():
        for index, (name, score) in enumerate(scores.items()):
            _add_curve(figure, bad, np.asarray(score, float), name, index, tpr)
    else:
        figure.add_annotation(
            text="one class only: no ROC", x=0.5, y=0.6, showarrow=False, font={"size": 18}
        )
    figure.update_xaxes(title="false-positive rate", range=[-0.01, 1.01])
    figure.update_yaxes(title="true-positive rate", range=[-0.01, 1.01])
    figure.update_layout(
        legend={"x": 0.99, "y": 0.02, "xanchor": "right", "yanchor": "bottom"}, height=620
    )
    return styled(figure, f"{title} <sub>markers: {100 * tpr:g} % of the bad parts caught</sub>")


def _add_curve(
    figure: go.Figure, bad: np.ndarray, score: np.ndarray, name: str, index: int, tpr: float
) -> None:
    false_rate, true_rate, _ = roc_curve(bad, score)
    line, at = line_style(index), fpr_at_tpr(bad, score, tpr)
    figure.add_scatter(
        x=false_rate,
        y=true_rate,
        mode="lines",
        name=f"{name}: AUROC {100 * image_auroc(bad, score):.1f}",
        line={**line, "width": 2.5},
        legendgroup=name,
    )
    figure.add_scatter(
        x=[at],
        y=[tpr],
        mode="markers",
        name=f"{name}: FPR {100 * at:.1f} at {100 * tpr:g} % TPR",
        marker={"color": line["color"], "size": 11, "line": {"color": "white", "width": 1.5}},
        legendgroup=name,
        showlegend=False,
    )

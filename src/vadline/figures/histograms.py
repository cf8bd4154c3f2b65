"""Score histograms of good, bad and unseen bad parts (SegAD, figure 6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from vadline.figures.style import BAD, GOOD, INK, UNSEEN, styled

COLUMNS = 2


def histogram_figure(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    unseen: ArrayLike | None = None,
    thresholds: Mapping[str, float] | None = None,
    title: str = "Scores",
    bins: int = 40,
) -> go.Figure:
    """Draw one panel of histograms per set-up.

    Parameters
    ----------
    labels : array_like, shape (N,)
        1 for bad parts, 0 for good ones.
    scores : mapping
        Set-up's name to scores (N,).
    unseen : array_like, bool, shape (N,), optional
        Bad parts of a kind that no training part had.
    thresholds : mapping, optional
        Set-up's name to the score from which a part is called bad, drawn as a line.
    bins : int
        Bins over the range of all scores of a panel.

    Returns
    -------
    plotly.graph_objects.Figure
        Per panel a bar trace for each of good, bad and unseen that has parts: the share of its own
        group, since groups differ in size.
    """
    bad = np.asarray(labels).astype(bool)
    new = np.zeros_like(bad) if unseen is None else np.asarray(unseen, bool) & bad
    groups = {
        "good": (~bad, GOOD),
        "bad": (bad & ~new, BAD),
        "bad, unseen kind": (new, UNSEEN),
    }
    columns = min(COLUMNS, max(len(scores), 1))
    rows = max(1, -(-len(scores) // columns))
    figure = make_subplots(rows, columns, subplot_titles=list(scores))
    shown: set[str] = set()
    for index, (name, values) in enumerate(scores.items()):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        score = np.asarray(values, float)
        edges = np.histogram_bin_edges(score, bins)
        for group, (members, colour) in groups.items():
            if members.any():
                bars = _bars(score[members], edges, group, colour)
                figure.add_trace(bars.update(showlegend=group not in shown), **place)
                shown.add(group)
        if thresholds and name in thresholds:
            figure.add_vline(
                thresholds[name],
                line={"color": INK, "dash": "dash", "width": 2},
                opacity=0.9,
                **place,
            )
        figure.update_xaxes(title="score", **place)
        figure.update_yaxes(title="% of the group", **place)
    figure.update_layout(barmode="overlay", bargap=0, height=120 + 330 * rows)
    return styled(figure, title)


def _bars(score: np.ndarray, edges: np.ndarray, group: str, colour: str) -> go.Bar:
    counts, _ = np.histogram(score, edges)
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=100 * counts / len(score),
        width=np.diff(edges),
        name=group,
        legendgroup=group,
        marker={"color": colour, "opacity": 0.6, "line": {"width": 0}},
    )

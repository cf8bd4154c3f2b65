"""One look for all figures: white ground, sans-serif, colours that the colour-blind can tell."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

# Okabe and Ito's palette, its yellow last because it is faint on white.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#000000",
    "#F0E442",
)
DASHES = ("solid", "dash", "dot", "dashdot")

GOOD, BAD, UNSEEN = PALETTE[2], PALETTE[5], PALETTE[1]
GREY, INK, GRID = "#8A8A8A", "#222222", "#E4E4E4"
FONT = "Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif"


def line_style(index: int) -> dict[str, str]:
    """Colour and dash of the i-th curve: colours first, then dashes, 32 in all."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "dash": DASHES[index // len(PALETTE) % len(DASHES)],
    }


def styled(figure: go.Figure, title: str) -> go.Figure:
    """Give a plotly figure the common look; it stays legible on pages of either theme."""
    figure.update_layout(
        title={"text": title, "x": 0.02, "xanchor": "left"},
        template="simple_white",
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"family": FONT, "size": 14, "color": INK},
        margin={"l": 70, "r": 30, "t": 70, "b": 60},
        legend={"bgcolor": "rgba(255,255,255,0.85)", "bordercolor": GRID, "borderwidth": 1},
    )
    figure.update_xaxes(showgrid=True, gridcolor=GRID, linecolor=GREY)
    figure.update_yaxes(showgrid=True, gridcolor=GRID, linecolor=GREY)
    return figure


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """Draw a matplotlib figure: ndarray, uint8, shape (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]

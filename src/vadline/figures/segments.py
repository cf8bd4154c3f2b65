"""The segments of a product, over its mean good part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt, label

from vadline.figures.style import INK, PALETTE

INCHES, DPI = 3.6, 120
ROWS = 20  # of the legend, before it gets a second column
TINT, LINE = 0.22, 2  # opacity, and the outline's width in pixels of the picture
NUMBERED = 0.004  # share of the picture from which an island is numbered
FONT: dict[str, Any] = {"family": "sans-serif", "fontsize": 10}


def segments_figure(
    mean: NDArray[np.uint8], segments: NDArray[np.uint8], names: Sequence[str]
) -> Figure:
    """Draw each segment's outline and number, and the numbers' names beside them.

    Made without pyplot, so that runners may draw from several threads.

    Parameters
    ----------
    mean : ndarray, uint8, shape (H, W, 3)
        The mean good part.
    segments : ndarray, uint8, shape (H, W)
        Index into the names; what is none belongs to no segment and is shown pale.
    names : sequence of str
        A segment without a pixel is left out.

    Returns
    -------
    matplotlib.figure.Figure
        One axes and a legend.
    """
    used = [index for index in range(len(names)) if (segments == index).any()]
    colours = [to_rgb(PALETTE[index % len(PALETTE)]) for index in range(len(names))]
    columns = -(-len(used) // ROWS)
    longest = max((len(names[index]) for index in used), default=0)
    width = INCHES * mean.shape[1] / mean.shape[0]
    aside = columns * (0.7 + 0.08 * longest)
    figure = Figure((width + aside, INCHES), dpi=DPI, facecolor="white", layout="constrained")
    axis = figure.subplots()
    axis.set_axis_off()
    axis.imshow(_drawn(mean, segments, colours), interpolation="nearest")
    for index in used:
        _number(axis, segments == index, str(index))
    handles = [Patch(color=colours[i], label=f"{i}  {names[i]}") for i in used]
    figure.legend(
        handles=handles,
        loc="outside right upper",
        ncols=columns,
        frameon=False,
        prop={"family": FONT["family"], "size": FONT["fontsize"]},
    )
    return figure


def _drawn(
    mean: NDArray[np.uint8], segments: NDArray[np.uint8], colours: list[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Tint and outline segments; (2 H, 2 W, 3) in [0, 1], so that outlines are fine."""
    large = np.repeat(np.repeat(segments, 2, axis=0), 2, axis=1)
    ground = np.repeat(np.repeat(mean, 2, axis=0), 2, axis=1) / 255
    drawn = 0.3 * ground + 0.7  # outside of all segments
    for index, colour in enumerate(colours):
        inside = large == index
        line = inside & ~binary_erosion(inside, iterations=LINE, border_value=1)
        drawn[inside] = (1 - TINT) * ground[inside] + TINT * np.array(colour)
        drawn[line] = colour
    return drawn


def _number(axis: Axes, mask: NDArray[np.bool_], text: str) -> None:
    """Write a segment's number into each of its islands, where there is most room."""
    islands, count = label(mask)
    sizes = np.bincount(islands.ravel(), minlength=count + 1)
    for island in range(1, count + 1):
        if sizes[island] < min(NUMBERED * mask.size, sizes[1:].max()):
            continue
        room = distance_transform_edt(np.pad(islands == island, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(room.argmax(), room.shape)
        written = axis.text(
            2 * column + 0.5,
            2 * row + 0.5,
            text,
            color=INK,
            ha="center",
            va="center",
            weight="bold",
            **FONT,
        )
        written.set_path_effects([withStroke(linewidth=2.5, foreground="white")])

"""A sheet of inspected parts: photograph, ground truth, anomaly map, masks, recovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vadline.calibration.outcomes import ACCEPT, REJECT
from vadline.errors import VadlineError
from vadline.figures.style import BAD, GOOD, GREY, INK, UNSEEN

# Column headings, and what of a part each column needs.
COLUMNS = (
    ("image", "image"),
    ("ground truth", "truth"),
    ("anomaly map", "anomaly_map"),
    ("thresholded map", "initial_mask"),
    ("refined mask", "refined_mask"),
    ("recovered image", "recovered"),
)
WRONG = UNSEEN
CELL_INCHES = 2.3  # wide
TALLEST = 2.0  # of its width, a cell
FONT = {"family": "sans-serif", "fontsize": 8}


@dataclass(frozen=True)
class GalleryPart:
    """What there is to show of one part; None stands for what a run did not make.

    Attributes
    ----------
    name : str
        The part's image_id.
    image : ndarray, uint8, shape (H, W, 3)
        Photograph.
    score : float, optional
        Anomaly score.
    decision : str, optional
        ``"accept"``, ``"review"``, ``"reject"`` or ``"undecided"``.
    label : str, optional
        True label, "good" or "bad"; a bad part accepted or a good one rejected is marked red.
    truth, initial_mask, refined_mask : ndarray, shape (H, W), optional
        Masks, non-zero on defects.
    anomaly_map : ndarray, float32, shape (h, w), optional
        At any grid; stretched over the photograph.
    recovered : ndarray, uint8, shape (H, W, 3), optional
        The part as F2PAD thinks it was without its defect.
    """

    name: str
    image: np.ndarray
    score: float | None = None
    decision: str | None = None
    label: str | None = None
    truth: np.ndarray | None = None
    anomaly_map: np.ndarray | None = None
    refined_mask: np.ndarray | None = None
    recovered: np.ndarray | None = None
    initial_mask: np.ndarray | None = None


def gallery_figure(
    parts: Sequence[GalleryPart], heat_range: tuple[float, float] | None = None
) -> Figure:
    """Draw a row per part.

    Made without pyplot, so that runners may draw from several threads.

    Parameters
    ----------
    parts : sequence of GalleryPart
        At least one. A column that no part can fill is left out; a single gap says "none".
    heat_range : (float, float), optional
        Anomaly scores of the coldest and hottest colour; by default the range of all maps shown,
        the same for all rows.

    Returns
    -------
    matplotlib.figure.Figure
        ``len(parts)`` rows of 1 to 6 axes.

    Raises
    ------
    VadlineError
        If there is no part.
    """
    if not parts:
        raise VadlineError("the gallery has no parts: ask for at least one image")
    columns = [pair for pair in COLUMNS if any(getattr(p, pair[1]) is not None for p in parts)]
    if heat_range is None:
        maps = [p.anomaly_map for p in parts if p.anomaly_map is not None]
        heat_range = (min(m.min() for m in maps), max(m.max() for m in maps)) if maps else (0, 1)
    # Up to two lines of text stand above each picture.
    tall = max(min(part.image.shape[0] / part.image.shape[1], TALLEST) for part in parts)
    size = (CELL_INCHES * len(columns), (CELL_INCHES * tall + 0.45) * len(parts))
    figure = Figure(figsize=size, dpi=120, facecolor="white", layout="constrained")
    grid = figure.subplots(len(parts), len(columns), squeeze=False)
    for part, axes in zip(parts, grid, strict=True):
        for (heading, needed), axis in zip(columns, axes, strict=True):
            axis.set_axis_off()
            _frame(axis, part)
            shown: np.ndarray | None = getattr(part, needed)
            if shown is None:
                axis.text(
                    0.5, 0.5, "none", transform=axis.transAxes, ha="center", color=GREY, **FONT
                )
            else:
                _draw(axis, part.image, needed, shown, heat_range)
            if needed != "image":
                axis.set_title(heading, color=GREY, **FONT)
        colour = WRONG if _is_wrong(part) else INK
        axes[0].set_title(_caption(part), color=colour, loc="left", **FONT)
    return figure


def _frame(axis: Axes, part: GalleryPart) -> None:
    """Give an axis the photograph's pixel coordinates, so that all cells of a row line up."""
    height, width = part.image.shape[:2]
    axis.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")


def _draw(
    axis: Axes, image: np.ndarray, needed: str, shown: np.ndarray, heat_range: tuple[float, float]
) -> None:
    extent = (*axis.get_xlim(), *axis.get_ylim())
    axis.imshow(shown if needed == "recovered" else image, extent=extent)
    if needed == "anomaly_map":
        low, high = heat_range
        heat = np.clip((shown - low) / ((high - low) or 1.0), 0, 1)
        # What is cold stays see-through.
        axis.imshow(
            heat,
            extent=extent,
            vmin=0,
            vmax=1,
            cmap="inferno",
            alpha=0.15 + 0.65 * heat,
            interpolation="bilinear",
        )
    elif needed == "truth":
        _outline(axis, shown, GOOD)
    elif needed in ("initial_mask", "refined_mask"):
        mask = np.ma.masked_equal((np.asarray(shown) != 0).astype(float), 0)
        axis.imshow(mask, extent=extent, cmap="autumn", vmin=0, vmax=2, alpha=0.45)
        _outline(axis, shown, BAD)


def _outline(axis: Axes, mask: np.ndarray, colour: str) -> None:
    inside = (np.asarray(mask) != 0).astype(float)
    # A contour needs both values; a frame of zeros closes outlines at the border.
    if inside.any():
        framed = np.pad(inside, 1)
        at = np.arange(-1, framed.shape[1] - 1), np.arange(-1, framed.shape[0] - 1)
        axis.contour(*at, framed, levels=[0.5], colors=[colour], linewidths=1.6)


def _is_wrong(part: GalleryPart) -> bool:
    return (part.label, part.decision) in (("good", REJECT), ("bad", ACCEPT))


def _caption(part: GalleryPart) -> str:
    words = [] if part.score is None else [f"score {part.score:.3g}"]
    if part.decision is not None:
        words.append(part.decision + (f" (truly {part.label})" if _is_wrong(part) else ""))
    return "\n".join([part.name, ", ".join(words)] if words else [part.name])

"""Static segmentation maps: which part of the product each pixel belongs to (SegAD, section 5)."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from vadline.defects.synthetic import OUTSIDE
from vadline.errors import VadlineError
from vadline.images.shape import Size, height_width
from vadline.segad.foreground import FOREGROUND, NAMES
from vadline.segad.params import SegmentParams
from vadline.segad.vad_layout import vad_segments

logger = logging.getLogger(__name__)

Segments = tuple[np.ndarray, tuple[str, ...]]

MAX_SEGMENTS = 64
FEWEST_BADS = 40
"""Known bad parts from which a forest gains by more segments than one."""
GREY_MODES = ("1", "L", "P", "I", "I;16")


def decided(params: SegmentParams, bads: int) -> SegmentParams:
    """Choose the kind where none is set: one segment below 40 known bad parts, else ``auto``."""
    if params.kind is not None:
        return params
    kind = "whole" if bads < FEWEST_BADS else "auto"
    logger.info(
        "Segments: %s, bad parts that teach: %d (auto from %d on); segad.segments.kind sets it",
        *(kind, bads, FEWEST_BADS),
    )
    return params.model_copy(update={"kind": kind})


def make_segments(params: SegmentParams, size: Size, roi: np.ndarray | None = None) -> Segments:
    """Make the segmentation map that a run asks for.

    Parameters
    ----------
    params : SegmentParams
        VAD's seven segments, a grid, a label picture, or one segment for everything; ``auto`` is
        :func:`vadline.segad.auto.auto_segments`, and ``foreground`` what
        :func:`vadline.segad.foreground.part_segments` takes: a part that fills the picture.
    size : int or (int, int)
        Height and width of the map; one number for a square.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; pixels outside belong to no segment.

    Returns
    -------
    labels : ndarray, uint8, shape (H, W)
        Values 0 .. L - 1, and `OUTSIDE`.
    names : tuple of str
        The L segments' names; the region may have left some of them empty.

    Raises
    ------
    VadlineError
        If the region is of another size, or for what the kind's own function refuses.
    """
    labels, names = _everywhere(params, size)
    if roi is None:
        return labels, names
    if roi.shape != labels.shape:
        raise VadlineError(
            f"region of interest {roi.shape} does not fit segments of {labels.shape}: resize it"
        )
    return np.where(roi, labels, np.uint8(OUTSIDE)), names


def _everywhere(params: SegmentParams, size: Size) -> Segments:
    if params.kind == "vad":
        return vad_segments(height_width(size))
    if params.kind == "grid":
        return grid_segments(size, params.rows, params.cols)
    if params.kind == "whole":
        return np.zeros(height_width(size), np.uint8), ("whole",)
    if params.kind == "png" and params.path is not None:
        return load_segments(params.path, size)
    if params.kind == "foreground":
        return _filling(params.path, size)
    raise VadlineError(f"segments: kind {params.kind} needs good parts: use decided, auto_segments")


def _filling(path: Path | None, size: Size) -> Segments:
    """Make all of the picture foreground, and lay a label picture's greys but 0 on top."""
    if path is None:
        return np.full(height_width(size), FOREGROUND, np.uint8), NAMES
    drawn, greys = load_segments(path, size)
    none = greys[0] == "segment_0"
    labels = drawn + np.uint8(len(NAMES) - none)  # 0 is the foreground where it is a grey
    return labels, (*NAMES, *greys[none:])


def grid_segments(size: Size, rows: int, cols: int) -> Segments:
    """Cut the picture into rows x cols cells of almost equal size, named ``cell_<row>_<col>``.

    Raises
    ------
    VadlineError
        If there are more than 64 cells, none, or cells without a pixel.
    """
    height, width = height_width(size)
    if not (1 <= rows <= height and 1 <= cols <= width and rows * cols <= MAX_SEGMENTS):
        raise VadlineError(
            f"segments: a grid of {rows} x {cols} does not do for {height} x {width} pixels: "
            f"use 1 to {MAX_SEGMENTS} cells"
        )
    row = np.arange(height) * rows // height
    col = np.arange(width) * cols // width
    labels = (row[:, None] * cols + col[None]).astype(np.uint8)
    return labels, tuple(f"cell_{r}_{c}" for r in range(rows) for c in range(cols))


def load_segments(path: str | Path, size: Size) -> Segments:
    """Read a label picture: each distinct grey value is a segment named ``segment_<value>``.

    The picture is brought to ``size`` by nearest neighbour; a segment that this loses stays in the
    list of names, empty.

    Parameters
    ----------
    path : path
        A lossless grey or palette picture (palette pictures count by index).

    Returns
    -------
    labels : ndarray, uint8, shape (H, W)
        Rank of the pixel's grey value among those of the picture.
    names : tuple of str
        One name per grey value, ascending.

    Raises
    ------
    VadlineError
        If the file cannot be read, has colours, or more than 64 grey values.
    """
    path = Path(path)
    try:
        with Image.open(path) as picture:
            mode, values = picture.mode, np.asarray(picture)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise VadlineError(f"{path}: no readable segmentation picture ({error})") from error
    if mode not in GREY_MODES:
        raise VadlineError(f"{path}: a {mode} picture has no labels: save it as grey PNG")
    greys, labels = np.unique(values.astype(np.int64), return_inverse=True)
    if len(greys) > MAX_SEGMENTS:
        raise VadlineError(
            f"{path}: {len(greys)} grey values, at most {MAX_SEGMENTS} segments: "
            "save it without smoothing or lossy compression"
        )
    labels = labels.reshape(values.shape).astype(np.uint8)
    height, width = height_width(size)
    resized = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
    return np.array(resized), tuple(f"segment_{value}" for value in greys)

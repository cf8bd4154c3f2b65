"""The shape in which photographs are read: their own aspect, in whole cells of a backbone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vadline.images.threads import map_in_order
from vadline.sources.manifest import GOOD, TEST, Record

logger = logging.getLogger(__name__)

Size = int | Sequence[int]
"""Height and width in pixels; one number for a square."""

MULTIPLE = 32
"""Pixels that a backbone's deepest cell spans: sides are multiples."""
_ALIKE, _SHARE = 0.1, 0.9  # photographs have one aspect if so many are so near, relatively
_LONGEST = 8.0  # times as long as wide; what is longer still is stretched to it
ORIENTATION = 274  # EXIF and TIFF tag
_TURNED_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height


def height_width(size: Size) -> tuple[int, int]:
    """Read a size: one number stands for a square."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def is_sideways(image: Image.Image) -> bool:
    """Tell whether width and height of an image just opened change places once it is upright."""
    return image.getexif().get(ORIENTATION, 1) in _TURNED_SIDEWAYS


def find_shape(
    records: Sequence[Record],
    size: Size,
    workers: int | None = None,
    tiles: tuple[int, int] = (1, 1),
) -> tuple[int, int]:
    """Find height and width of the arrays that photographs become.

    A pair is taken as it is. One number is the shorter side, and the longer one follows from the
    good parts' aspect, of those that no test part holds. Where photographs differ in aspect, as
    cut-outs do, each is stretched to a square. What is no square of square photographs is said.

    Parameters
    ----------
    workers : int, optional
        Threads that read files' headers.
    tiles : tuple of int
        Rows and columns that photographs are cut into.

    Returns
    -------
    tuple of int
        Height and width of a photograph, or of its tiles; multiples of `MULTIPLE`.
    """
    if not isinstance(size, int):
        return height_width(size)
    goods = [r.path for r in records if r.label == GOOD and r.source_split != TEST]
    found = map_in_order(_upright_size, goods or [r.path for r in records], workers)
    aspects = np.array([width / height for width, height in filter(None, found)])
    if not len(aspects):  # reading them will say what is wrong
        return size, size
    height, width = shape_of(aspects * tiles[0] / tiles[1], size)
    pixels = f"{width} x {height} pixels{' a tile' if tiles != (1, 1) else ''}, width x height"
    if height != width:
        logger.info(
            "Photographs %.3g times as wide as high are read at %s; images.size=HEIGHTxWIDTH "
            "fixes another shape",
            *(np.median(aspects), pixels),
        )
    elif aspects.max() > (1 + _ALIKE) * aspects.min():
        logger.info(
            "Photographs are %.2g to %.2g times as wide as high, so that each is stretched to "
            "%s; images.size=HEIGHTxWIDTH fixes another shape",
            *(aspects.min(), aspects.max(), pixels),
        )
    return height, width


def shape_of(aspects: NDArray[np.float64], size: int) -> tuple[int, int]:
    """Return the height and width that fit photographs of these aspects.

    Parameters
    ----------
    aspects : ndarray, float64, shape (n,)
        Width over height, n at least 1.
    size : int
        The shorter side.

    Returns
    -------
    tuple of int
        The longer side is a multiple of `MULTIPLE`; a square where aspects differ.
    """
    usual = float(np.median(aspects))
    if (np.abs(np.log(aspects / usual)) < _ALIKE).mean() < _SHARE:
        return size, size
    ratio = min(max(usual, 1 / usual), _LONGEST)
    longer = max(round(ratio * size / MULTIPLE) * MULTIPLE, size)
    return (size, longer) if usual >= 1 else (longer, size)


def _upright_size(path: Path) -> tuple[int, int] | None:
    """Read width and height from a file's header; None where they cannot be read."""
    try:
        with Image.open(path) as image:
            # Of a PNG, asking for EXIF decodes the pixels.
            sideways = image.format != "PNG" and is_sideways(image)
            return image.size[::-1] if sideways else image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None

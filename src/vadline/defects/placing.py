"""Where a made defect lies, and how a piece is cut out and put there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Box = tuple[slice, ...]
Image = NDArray[np.uint8]
Region = NDArray[np.bool_]


def place(
    lengths: ArrayLike,
    sides: ArrayLike,
    rng: np.random.Generator,
    region: Region | None = None,
    *,
    start: ArrayLike | None = None,
    shift: float = 1.0,
) -> Box:
    """Draw where a box lies, wholly inside of an image.

    Every place is as likely as any other. With a region, a random pixel of it becomes the box's
    middle, or as near to it as the image's border lets it.

    Parameters
    ----------
    lengths : array_like, int, shape (2,)
        Rows and columns of the box.
    sides : array_like, int, shape (2,)
        Rows and columns of the image, no fewer than the box's.
    region : ndarray, bool, shape ``sides``, optional
        With at least one pixel.
    start : array_like, int, shape (2,), optional
        First row and column of the box's own place, for ``shift``.
    shift : float
        How far the box may move from there towards the image's borders, as a share of the way: 0
        leaves it in its place, 1 lets it lie anywhere.
    """
    lengths, sides = np.asarray(lengths), np.asarray(sides)
    low, high = np.zeros_like(sides), sides - lengths
    if start is not None:
        start = np.asarray(start)
        low = np.rint(start * (1 - shift)).astype(int)
        high = np.rint(start + (high - start) * shift).astype(int)
    if region is None:
        starts = rng.integers(low, high + 1)
    else:
        half = lengths // 2
        if start is not None:
            region = _within(region, low + half, high + half + 1)
        starts = np.clip(pick_pixel(region, rng) - half, low, high)
    return tuple(slice(s, s + n) for s, n in zip(starts.tolist(), lengths.tolist(), strict=True))


def _within(region: Region, low: NDArray[np.int64], high: NDArray[np.int64]) -> Region:
    """Keep the region's pixels between two corners; all of them where none lies there."""
    kept = np.zeros_like(region)
    window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    kept[window] = region[window]
    return kept if kept.any() else region


def pick_pixel(region: Region, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a pixel of a region, bool (H, W), which has some; int64 (2,), row and column."""
    chosen = rng.choice(np.flatnonzero(region))
    return np.array(np.unravel_index(chosen, region.shape))


def draw_point(sides: Sequence[int], rng: np.random.Generator) -> tuple[float, float]:
    """Draw a point that is not at the very border of an image of (rows, columns)."""
    height, width = sides
    return float(rng.uniform(0.05, 0.95) * height), float(rng.uniform(0.05, 0.95) * width)


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """Return the smallest box around the true pixels, at least one, of a bool (H, W) mask."""
    lines = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(int(line[0]), int(line[-1]) + 1) for line in lines)


def flip_at_random(rng: np.random.Generator, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Flip arrays of one height and width together, up-down and left-right by a coin each."""
    for axis in (0, 1):
        if rng.random() < 0.5:
            arrays = tuple(np.flip(array, axis) for array in arrays)
    return arrays


def paste(good: Image, patch: Image, shape: Region, target: Box) -> tuple[Image, Region]:
    """Put a patch of any shape onto an image.

    Parameters
    ----------
    good : ndarray, uint8, shape (H, W, 3)
        Not changed.
    patch : ndarray, uint8, shape (h, w, 3)
    shape : ndarray, bool, shape (h, w)
        The pixels of ``patch`` to take.
    target : tuple of slice
        The h rows and w columns where it goes.

    Returns
    -------
    image : ndarray, uint8, shape (H, W, 3)
    region : ndarray, bool, shape (H, W)
        The pasted pixels.
    """
    image, region = good.copy(), np.zeros(good.shape[:2], bool)
    image[target][shape], region[target] = patch[shape], shape
    return image, region

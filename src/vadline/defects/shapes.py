"""Shapes of defects: those of known ones, drawn ones, and where they come to lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import resize

from vadline.defects.placing import Region, bounding_box, pick_pixel, place
from vadline.defects.pseudo_anomalies import noise_spots

_ATTEMPTS = 50
_OFF = 0.05
"""A placed shape is taken when its size is off by no more than this share."""
_LEAST_PIXELS = 20  # fewer say little about a shape
_EIGHT = np.ones((3, 3))


def known_shapes(masks: NDArray[np.uint8]) -> list[Region]:
    """Cut the connected regions out of masks.

    Parameters
    ----------
    masks : ndarray, uint8 {0, 1}, shape (N, H, W)

    Returns
    -------
    list of ndarray, bool, shape (h, w)
        Each in its bounding box; specks of fewer than 20 pixels are left out.
    """
    shapes = []
    for mask in masks:
        labels, count = ndimage.label(mask, _EIGHT)
        regions = (labels == label for label in range(1, count + 1))
        shapes += [r[bounding_box(r)] for r in regions if r.sum() >= _LEAST_PIXELS]
    return shapes


def drawn_shapes(rng: np.random.Generator, count: int = 64, side: int = 64) -> list[Region]:
    """Draw irregular shapes, for where no defect is known.

    Returns
    -------
    list of ndarray, bool, shape (h, w)
        Each in its bounding box, at most ``side`` long.
    """
    shapes = []
    for _ in range(count):
        labels, _count = ndimage.label(noise_spots((side, side), rng.uniform(0.05, 0.3), rng))
        largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1
        shapes.append(largest[bounding_box(largest)])
    return shapes


def place_shape(
    shapes: Sequence[Region], share: float, roi: Region, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Choose a shape, give it a size, turn and mirror it, and put it into the region.

    What does not fit is cut off; of several draws the one that comes nearest to the size is kept.

    Parameters
    ----------
    shapes : sequence of ndarray, bool, shape (h, w)
        At least one, each with some pixels.
    share : float
        Wanted size, as a share of the region.
    roi : ndarray, bool, shape (H, W)
        Region of interest, with at least one pixel.

    Returns
    -------
    ndarray, uint8 {0, 1}, shape (H, W)
        Inside of the region; at least one pixel.
    """
    wanted, (height, width) = share * roi.sum(), roi.shape
    best = np.zeros(roi.shape, bool)
    best[tuple(pick_pixel(roi, rng))] = True
    for _ in range(_ATTEMPTS):
        shape = _resized(shapes[int(rng.integers(len(shapes)))], wanted, rng)[:height, :width]
        placed = np.zeros(roi.shape, bool)
        placed[place(shape.shape, roi.shape, rng, roi)] = shape
        placed &= roi
        if placed.any() and abs(placed.sum() - wanted) < abs(best.sum() - wanted):
            best = placed
        if abs(best.sum() - wanted) <= _OFF * wanted:
            break
    return best.astype(np.uint8)


def _resized(shape: Region, wanted: float, rng: np.random.Generator) -> Region:
    """Bring a shape to about ``wanted`` pixels, turned by right angles and mirrored at random."""
    factor = np.sqrt(wanted / shape.sum())
    size = [max(1, round(side * factor)) for side in shape.shape]
    grown = resize(shape.astype(np.float32), size, order=1, anti_aliasing=factor < 1)
    if factor > 1:  # no steps of the small shape's pixels, and yet its thinnest lines
        grown = ndimage.gaussian_filter(grown, factor / 3)
    shape = np.rot90(grown > 0.5, int(rng.integers(4)))
    return shape[:, ::-1] if rng.integers(2) else shape

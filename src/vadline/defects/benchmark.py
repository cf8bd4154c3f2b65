"""The paper's refinement benchmark (eq. 16): defective images with masks that are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.transform import resize

from vadline.errors import VadlineError

ATTEMPTS = 200
"""Draws for one image before giving up."""


@dataclass(frozen=True)
class CutPasteBenchmark:
    """Made test images.

    Attributes
    ----------
    images : ndarray, uint8 (N, H, W, 3)
    masks : ndarray, uint8 {0, 1} (N, H, W)
        Exact: images differ from their good ones there and nowhere else.
    sources : ndarray, int64 (N,)
        Row of the good image that each was made from.
    """

    images: np.ndarray
    masks: np.ndarray
    sources: np.ndarray


def make_cutpaste_benchmark(
    goods: np.ndarray,
    shapes: np.ndarray,
    n_images: int,
    seed: int,
    *,
    scale: tuple[float, float] = (0.5, 1.5),
    area: tuple[float, float] = (0.002, 0.13),
    contrast: tuple[float, float] = (40.0, 120.0),
    min_distance: float = 15.0,
    grey: bool = False,
) -> CutPasteBenchmark:
    """Paste shapes of real defects in one random colour onto good images, paper eq. 16.

    Parameters
    ----------
    goods : ndarray, uint8 (N, H, W, 3)
        Good test images to draw from.
    shapes : ndarray, uint8 {0, 1} (S, H', W')
        Masks of real defects; empty ones are passed over.
    n_images : int
        How many to make.
    seed : int
    scale : tuple of float
        Range of the shape's random resizing; it is also turned and mirrored at random.
    area : tuple of float
        Least and greatest share of the image that a defect covers; the paper's go up to 0.13.
    contrast : tuple of float
        Range of the distance, in grey levels (Euclidean over the channels), between the colour
        and the mean of the pixels it covers. Near colours make the harder benchmark.
    min_distance : float
        Every covered pixel is at least so far, in the same units, from the colour: it is pushed
        away from the mean until that holds.
    grey : bool
        Draw greys, for images without colour.

    Returns
    -------
    CutPasteBenchmark

    Raises
    ------
    VadlineError
        If no shape has a pixel, or no colour and place meet the ranges asked for.
    """
    rng = np.random.default_rng(seed)
    shapes = [_cropped(shape) for shape in shapes if shape.any()]
    if not shapes:
        raise VadlineError("the cut-paste benchmark needs at least one defect mask with a pixel")
    height, width = goods.shape[1:3]
    sources = rng.integers(len(goods), size=n_images)
    images = np.stack([goods[source] for source in sources])
    masks = np.zeros((n_images, height, width), dtype=np.uint8)
    for image, mask in zip(images, masks, strict=True):
        for _ in range(ATTEMPTS):
            shape = _varied(shapes[rng.integers(len(shapes))], scale, rng)
            placed = _place(shape, (height, width), area, rng)
            if placed is None:
                continue
            colour = _colour(image[placed], contrast, min_distance, grey, rng)
            if colour is not None:
                image[placed], mask[placed] = colour, 1
                break
        else:
            raise VadlineError(
                f"the cut-paste benchmark found no place in {ATTEMPTS} draws: widen scale or area, "
                "or lower min_distance"
            )
    return CutPasteBenchmark(images, masks, sources)


def _cropped(shape: np.ndarray) -> np.ndarray:
    window = ndimage.find_objects((shape > 0).astype(np.int8))[0]
    return shape[window] > 0


def _varied(shape: np.ndarray, scale: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Resize, turn by right angles and mirror a shape at random; bool."""
    factor = rng.uniform(*scale)
    size = [max(1, round(side * factor)) for side in shape.shape]
    shape = resize(shape.astype(np.float32), size, order=1, anti_aliasing=factor < 1) > 0.5
    shape = np.rot90(shape, rng.integers(4))
    return shape[:, ::-1] if rng.integers(2) else shape


def _place(
    shape: np.ndarray,
    size: tuple[int, int],
    area: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray | None:
    """Put a shape somewhere in the image, bool (H, W); None if too large, or out of range."""
    room = [whole - side for whole, side in zip(size, shape.shape, strict=True)]
    share = shape.sum() / (size[0] * size[1])
    if min(room) < 0 or not area[0] <= share <= area[1]:
        return None
    top, left = (rng.integers(slack + 1) for slack in room)
    placed = np.zeros(size, dtype=bool)
    placed[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
    return placed


def _colour(
    covered: np.ndarray,
    contrast: tuple[float, float],
    min_distance: float,
    grey: bool,
    rng: np.random.Generator,
) -> np.ndarray | None:
    """Draw a colour, uint8 (3,), far enough from every covered pixel (P, 3); None if none is."""
    direction = rng.choice([-1.0, 1.0]) * np.ones(3) if grey else rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    mean = np.full(3, covered.mean()) if grey else covered.mean(axis=0)
    for distance in rng.uniform(*contrast) * 1.1 ** np.arange(10):
        colour = np.round(mean + distance * direction)
        if colour.min() < 0 or colour.max() > 255:
            return None
        if np.linalg.norm(covered - colour, axis=1).min() >= min_distance:
            return colour.astype(np.uint8)
    return None

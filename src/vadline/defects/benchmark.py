"""The paper's refinement benchmark (eq. 16): defective images with masks that are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.transform import resize

from vadline.defects.params import BenchmarkParams, Range
from vadline.defects.placing import bounding_box, place
from vadline.errors import VadlineError

ATTEMPTS = 200
"""Draws for one image before giving up."""


@dataclass(frozen=True)
class CutPasteBenchmark:
    """Made test images.

    Attributes
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
    masks : ndarray, uint8 {0, 1}, shape (N, H, W)
        Exact: images differ from their good ones there and nowhere else.
    sources : ndarray, int64, shape (N,)
        Row of the good image that each was made from.
    """

    images: np.ndarray
    masks: np.ndarray
    sources: np.ndarray


def make_cutpaste_benchmark(
    goods: np.ndarray, shapes: np.ndarray, n_images: int, seed: int, params: BenchmarkParams
) -> CutPasteBenchmark:
    """Paste shapes of real defects in one random colour onto good images, paper eq. 16.

    A shape is resized, turned and mirrored at random. Its colour is pushed away from the mean of
    what it covers until every covered pixel differs enough.

    Parameters
    ----------
    goods : ndarray, uint8, shape (N, H, W, 3)
        Good test images to draw from.
    shapes : ndarray, uint8 {0, 1}, shape (S, H', W')
        Masks of real defects; empty ones are passed over.

    Raises
    ------
    VadlineError
        If no shape has a pixel, or no colour and place meet the ranges asked for.
    """
    rng = np.random.default_rng(seed)
    pieces = [shape[bounding_box(shape > 0)] > 0 for shape in shapes if shape.any()]
    if not pieces:
        raise VadlineError("the cut-paste benchmark needs at least one defect mask with a pixel")
    height, width = goods.shape[1:3]
    sources = rng.integers(len(goods), size=n_images)
    images = np.stack([goods[source] for source in sources])
    masks = np.zeros((n_images, height, width), dtype=np.uint8)
    for image, mask in zip(images, masks, strict=True):
        for _ in range(ATTEMPTS):
            shape = _varied(pieces[rng.integers(len(pieces))], params.scale, rng)
            placed = _placed(shape, (height, width), params.area, rng)
            if placed is None:
                continue
            colour = _colour(image[placed], params, rng)
            if colour is not None:
                image[placed], mask[placed] = colour, 1
                break
        else:
            raise VadlineError(
                f"the cut-paste benchmark found no place in {ATTEMPTS} draws: widen scale or area, "
                "or lower min_distance"
            )
    return CutPasteBenchmark(images, masks, sources)


def _varied(shape: np.ndarray, scale: Range, rng: np.random.Generator) -> np.ndarray:
    """Resize, turn by right angles and mirror a shape at random; bool."""
    factor = rng.uniform(*scale)
    size = [max(1, round(side * factor)) for side in shape.shape]
    shape = resize(shape.astype(np.float32), size, order=1, anti_aliasing=factor < 1) > 0.5
    shape = np.rot90(shape, int(rng.integers(4)))
    return shape[:, ::-1] if rng.integers(2) else shape


def _placed(
    shape: np.ndarray, size: tuple[int, int], area: Range, rng: np.random.Generator
) -> np.ndarray | None:
    """Put a shape somewhere in the image, bool (H, W); None if too large, or out of range."""
    share = shape.sum() / (size[0] * size[1])
    fits = all(side <= whole for side, whole in zip(shape.shape, size, strict=True))
    if not fits or not area[0] <= share <= area[1]:
        return None
    placed = np.zeros(size, dtype=bool)
    placed[place(shape.shape, size, rng)] = shape
    return placed


def _colour(
    covered: np.ndarray, params: BenchmarkParams, rng: np.random.Generator
) -> np.ndarray | None:
    """Draw a colour, uint8 (3,), far enough from every covered pixel (P, 3); None if none is."""
    direction = rng.choice([-1.0, 1.0]) * np.ones(3) if params.grey else rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    mean = np.full(3, covered.mean()) if params.grey else covered.mean(axis=0)
    for distance in rng.uniform(*params.contrast) * 1.1 ** np.arange(10):
        colour = np.round(mean + distance * direction)
        if colour.min() < 0 or colour.max() > 255:
            return None
        if np.linalg.norm(covered - colour, axis=1).min() >= params.min_distance:
            return colour.astype(np.uint8)
    return None

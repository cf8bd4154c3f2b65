"""Synthetic defects on good parts, for a forest without known bad ones (SegAD, section 5.1, A.2).

They need not look real: it is enough that they raise the anomaly maps where they lie.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.draw import polygon2mask

from vadline.defects.params import SyntheticParams
from vadline.defects.placing import pick_pixel
from vadline.errors import VadlineError

OUTSIDE = 255
"""Label, in a segmentation map, of the pixels outside of the region of interest."""


def synthetic_defects(
    images: np.ndarray,
    segments: np.ndarray,
    params: SyntheticParams,
    *,
    seed: int,
    rows: Sequence[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Put one synthetic defect on each good image.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Good parts; left as they are, and read one by one.
    segments : ndarray, uint8, shape (H, W)
        As for :func:`synthetic_defect`.
    rows : sequence of int, optional
        The M images to take, all by default. An image's defect depends on ``seed`` and its row
        alone, not on which others are taken.

    Returns
    -------
    defective : ndarray, uint8, shape (M, H, W, 3)
        The images with their defects.
    masks : ndarray, uint8, shape (M, H, W)
        1 on the defect. Never empty.

    Raises
    ------
    VadlineError
        If the segments do not fit the images.
    """
    rows = range(len(images)) if rows is None else rows
    defective = np.empty((len(rows), *images.shape[1:]), np.uint8)
    masks = np.empty((len(rows), *images.shape[1:3]), np.uint8)
    for index, row in enumerate(rows):
        rng = np.random.default_rng([seed, int(row)])
        made = synthetic_defect(np.asarray(images[row]), segments, params, rng)
        defective[index], masks[index] = made
    return defective, masks


def synthetic_defect(
    image: np.ndarray, segments: np.ndarray, params: SyntheticParams, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put a synthetic defect on a good image.

    Either a random segment, or a part of one, is blurred; or a thin rectangle of a random grey,
    size, angle and place is drawn. A blur that changes nothing visible gives way to a rectangle.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
        A good part; left as it is.
    segments : ndarray, uint8, shape (H, W)
        Segmentation map; blurs fill its segments, rectangles are centred on a random one. What is
        labelled :data:`OUTSIDE` is neither changed nor looked at.

    Raises
    ------
    VadlineError
        If the segments do not fit the image, or are all outside.
    """
    if segments.shape != image.shape[:2]:
        raise VadlineError(
            f"segments {segments.shape} do not fit images of {image.shape[:2]}: resize them"
        )
    inside = segments != OUTSIDE
    if not inside.any():
        raise VadlineError("the region of interest is empty: no defect can be made inside of it")
    region = segments == rng.choice(np.unique(segments[inside]))
    made = None
    if rng.choice(list(params.kinds)) == "blur":
        made = _blur(image, region, inside, params, rng)
    return _rectangle(image, region, inside, params, rng) if made is None else made


def _blur(
    image: np.ndarray,
    region: np.ndarray,
    inside: np.ndarray,
    params: SyntheticParams,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Blur the region or a window of it; None if no pixel changes enough to be seen."""
    if rng.random() < 0.5:
        region = region & _window(region, rng)
    width = rng.uniform(*params.blur_sigma) * min(image.shape[:2])
    rows, cols = np.nonzero(region)
    # Nothing farther than four sigmas reaches into the region.
    margin = int(np.ceil(4 * width))
    box = tuple(
        slice(max(0, axis.min() - margin), axis.max() + margin + 1) for axis in (rows, cols)
    )
    smooth = _smooth(image[box], inside[box], width)
    blurred = image.copy()
    blurred[box] = np.where(region[box][..., None], smooth, image[box])
    change = np.abs(blurred[box].astype(np.int16) - image[box]).max(initial=0)
    return (blurred, region.astype(np.uint8)) if change >= params.min_contrast else None


def _smooth(pixels: np.ndarray, inside: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean, uint8 (h, w, 3), of the pixels inside alone."""
    if inside.all():
        mean = gaussian_filter(pixels.astype(np.float32), (sigma, sigma, 0))
    else:
        known = np.where(inside[..., None], pixels, 0).astype(np.float32)
        weight = gaussian_filter(inside.astype(np.float32), sigma)[..., None]
        mean = gaussian_filter(known, (sigma, sigma, 0)) / np.maximum(weight, 1e-6)
    return np.rint(mean).astype(np.uint8)


def _window(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Box around one of the region's pixels, a tenth to four tenths of the picture wide."""
    row, col = pick_pixel(region, rng)
    half_height, half_width = rng.uniform(0.05, 0.2, 2) * region.shape
    window = np.zeros(region.shape, bool)
    top, left = max(0, int(row - half_height)), max(0, int(col - half_width))
    window[top : int(row + half_height) + 1, left : int(col + half_width) + 1] = True
    return window


def _rectangle(
    image: np.ndarray,
    region: np.ndarray,
    inside: np.ndarray,
    params: SyntheticParams,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    side = min(image.shape[:2])
    centre = pick_pixel(region, rng)
    half_length = rng.uniform(*params.length) * side / 2
    half_thickness = max(rng.uniform(*params.thickness) * side / 2, 0.75)
    angle = rng.uniform(0, np.pi)
    along = np.array([np.sin(angle), np.cos(angle)])
    across = np.array([along[1], -along[0]])
    corners = [
        centre + a * half_length * along + b * half_thickness * across
        for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
    mask = polygon2mask(image.shape[:2], corners) & inside
    mask[tuple(centre)] = True
    greys = np.arange(256)
    greys = greys[np.abs(greys - image[mask].mean()) >= params.min_contrast]
    marked = image.copy()
    marked[mask] = rng.choice(greys)
    return marked, mask.astype(np.uint8)

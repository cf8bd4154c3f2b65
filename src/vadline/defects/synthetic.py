"""Synthetic defects on good parts, for a forest without known bad ones (SegAD, section 5.1, A.2).

They need not look real: it is enough that they raise the anomaly maps where they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.draw import polygon2mask

from vadline.errors import VadlineError

DefectKind = Literal["blur", "rectangle"]
Range = tuple[float, float]


def synthetic_defects(
    images: np.ndarray,
    segments: np.ndarray,
    *,
    seed: int = 0,
    keys: Sequence[int] | None = None,
    kinds: Sequence[DefectKind] = ("blur", "rectangle"),
    blur_sigma: Range = (0.008, 0.03),
    length: Range = (0.04, 0.4),
    thickness: Range = (0.006, 0.03),
    min_contrast: float = 24.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Put one synthetic defect on each good image.

    Either a random segment, or a part of one, is blurred; or a thin rectangle of a random grey,
    size, angle and place is drawn. A blur that changes nothing visible gives way to a rectangle.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, H, W, 3)
        Good parts; left as they are.
    segments : ndarray of uint8, shape (H, W)
        Segmentation map; blurs fill its segments, rectangles are centred on a random one.
    seed : int
        Seed of the whole set.
    keys : sequence of int, optional
        One number per image, by default its position. An image's defect depends on ``seed`` and
        its key alone, not on which other images are there.
    kinds : sequence of {"blur", "rectangle"}
        Kinds to draw from with equal chance.
    blur_sigma, length, thickness : (float, float)
        Ranges of the blur's sigma and of the rectangle's sides, as fractions of the image side.
    min_contrast : float
        Grey levels by which a rectangle differs from what it covers, and by which a blur must
        change some pixel, of 255.

    Returns
    -------
    defective : ndarray of uint8, shape (N, H, W, 3)
        The images with their defects.
    masks : ndarray of uint8, shape (N, H, W)
        1 on the defect. Never empty.

    Raises
    ------
    VadlineError
        If no kind is given or the segments do not fit the images.
    """
    if not kinds:
        raise VadlineError("synthetic.kinds is empty: name blur, rectangle or both")
    if segments.shape != images.shape[1:3]:
        raise VadlineError(
            f"segments {segments.shape} do not fit images of {images.shape[1:3]}: resize them"
        )
    keys = range(len(images)) if keys is None else keys
    defective = np.empty(images.shape, np.uint8)
    masks = np.empty(images.shape[:3], np.uint8)
    for index, key in enumerate(keys):
        rng = np.random.default_rng([seed, int(key)])
        image, region = np.asarray(images[index]), _pick_segment(segments, rng)
        made = None
        if rng.choice(list(kinds)) == "blur":
            made = _blur(image, region, rng, blur_sigma, min_contrast)
        if made is None:
            made = _rectangle(image, region, rng, length, thickness, min_contrast)
        defective[index], masks[index] = made
    return defective, masks


def _pick_segment(segments: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return segments == rng.choice(np.unique(segments))


def _blur(
    image: np.ndarray,
    region: np.ndarray,
    rng: np.random.Generator,
    sigma: Range,
    min_contrast: float,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Blur the region or a window of it; None if no pixel changes enough to be seen."""
    if rng.random() < 0.5:
        region = region & _window(region, rng)
    width = rng.uniform(*sigma) * min(image.shape[:2])
    rows, cols = np.nonzero(region)
    # Nothing farther than four sigmas reaches into the region.
    margin = int(np.ceil(4 * width))
    box = tuple(
        slice(max(0, axis.min() - margin), axis.max() + margin + 1) for axis in (rows, cols)
    )
    inside = region[box][..., None]
    smooth = gaussian_filter(image[box].astype(np.float32), (width, width, 0))
    blurred = image.copy()
    blurred[box] = np.where(inside, np.rint(smooth).astype(np.uint8), image[box])
    change = np.abs(blurred[box].astype(np.int16) - image[box]).max(initial=0)
    return (blurred, region.astype(np.uint8)) if change >= min_contrast else None


def _window(region: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Box around one of the region's pixels, a tenth to four tenths of the picture wide."""
    row, col = _place(region, rng)
    half_height, half_width = rng.uniform(0.05, 0.2, 2) * region.shape
    window = np.zeros(region.shape, bool)
    top, left = max(0, int(row - half_height)), max(0, int(col - half_width))
    window[top : int(row + half_height) + 1, left : int(col + half_width) + 1] = True
    return window


def _rectangle(
    image: np.ndarray,
    region: np.ndarray,
    rng: np.random.Generator,
    length: Range,
    thickness: Range,
    min_contrast: float,
) -> tuple[np.ndarray, np.ndarray]:
    side = min(image.shape[:2])
    centre = np.array(_place(region, rng))
    half_length = rng.uniform(*length) * side / 2
    half_thickness = max(rng.uniform(*thickness) * side / 2, 0.75)
    angle = rng.uniform(0, np.pi)
    along = np.array([np.sin(angle), np.cos(angle)])
    across = np.array([along[1], -along[0]])
    corners = [
        centre + a * half_length * along + b * half_thickness * across
        for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
    mask = polygon2mask(image.shape[:2], corners)
    mask[tuple(centre)] = True
    greys = np.arange(256)
    greys = greys[np.abs(greys - image[mask].mean()) >= min_contrast]
    marked = image.copy()
    marked[mask] = rng.choice(greys)
    return marked, mask.astype(np.uint8)


def _place(region: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    rows, cols = np.nonzero(region)
    index = rng.integers(len(rows))
    return int(rows[index]), int(cols[index])

"""Each photograph's own segments: a part on a plain background (SegAD, section 5).

Nothing but the photograph is looked at, so that a new one is segmented as those of the run were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.ndimage import binary_fill_holes, label, maximum_filter, minimum_filter
from skimage.color import rgb2xyz
from skimage.filters import threshold_otsu

from vadline.defects.synthetic import OUTSIDE
from vadline.images.arrays import Images
from vadline.splits.draws import evenly

NAMES = ("background", "foreground")
BACKGROUND, FOREGROUND = range(2)

_WIDTH, _GAP, _BESIDE = 0.02, 0.01, 0.03  # of the shorter side
_SPECK, _LEAST, _MOST = 0.005, 0.02, 0.98  # of the region
_SPREADS, _SEEN = 5.0, 5.0  # of the background's own differences, and of CIELAB's unit
_MANY = 100
_SHARP = 0.5
"""What is beside the part may be this far from the background, the threshold being 1. It is about 0
beside parts; of 42 training photographs of MTD, a texture, that all else lets pass, 1 is below."""

_RAMP = np.linspace(0, 1, 256)[None, :, None]
_XYZ = np.moveaxis(rgb2xyz(np.eye(3)[:, None] * _RAMP) / rgb2xyz(np.ones((1, 1, 3))), 1, 2)
_XYZ = np.ascontiguousarray(_XYZ, np.float32)
"""What each value of red, green and blue adds to X, Y and Z: (3, 3, 256)."""


def part_segments(
    images: Images, rows: NDArray[np.int64], segments: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Lay static segments onto each photograph's foreground.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Read one by one.
    rows : ndarray, int64, shape (n,)
        Which of them.
    segments : ndarray, uint8, shape (H, W)
        1 and more where a part that fills the picture would have them, and `OUTSIDE`.

    Returns
    -------
    ndarray, uint8, shape (n, H, W)
        As ``segments``, but 0 on the background.
    """
    inside = segments != OUTSIDE
    own = np.empty((len(rows), *segments.shape), np.uint8)
    for labels, row in zip(own, rows, strict=True):
        found = foreground(images[int(row)], inside)
        labels[:] = np.where(found | ~inside, segments, BACKGROUND)
    return own


def usual_segments(
    images: Images, rows: NDArray[np.int64], segments: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Lay static segments where at least half of the photographs have foreground.

    Parameters are those of `part_segments`, at most 100 photographs being read, evenly; returned
    is ndarray, uint8, shape (H, W).
    """
    rows = evenly(rows, _MANY)
    found = np.zeros(segments.shape, np.int64)
    for row in rows:
        found += part_segments(images, np.array([row]), segments)[0] != BACKGROUND
    return np.where(2 * found >= len(rows), segments, BACKGROUND)


def foreground(image: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find what differs from the colour of the border; about 8 ms at 256 x 256.

    The border's median colour in CIELAB is the background's. Otsu's threshold of the logarithmic
    distance from it counts, but at least five times of what the border itself differs. Small gaps
    are closed, holes filled, specks left out.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
    inside : ndarray, bool, shape (H, W)
        The region of interest; its border is meant.

    Returns
    -------
    ndarray, bool, shape (H, W)
        All that is inside where no part on a plain background is found: less than 2 % or more than
        98 % of the region, more than half of its border, or denser there than elsewhere (a margin
        beside a part that fills the picture), or without a sharp end.
    """
    side = min(inside.shape)
    border = inside & ~_shrunk(inside, _pixels(_WIDTH, side))
    if not border.any():
        return inside
    far = _distance(image, inside, border)
    usual = np.median(far[border])
    spread = 1.4826 * np.median(np.abs(far[border] - usual))
    otsu = np.expm1(threshold_otsu(np.log1p(far[inside])))
    threshold = max(otsu, usual + max(_SPREADS * spread, _SEEN))
    gap, region = _pixels(_GAP, side), np.count_nonzero(inside)
    found = _shrunk(_grown((far > threshold) & inside, gap), gap, "nearest")
    found = without_specks(binary_fill_holes(found) & inside, _SPECK * region)
    share, on_border = np.count_nonzero(found) / region, found[border].mean()
    if not _LEAST <= share <= _MOST or on_border > min(share, 0.5):
        return inside
    near = _grown(found, _pixels(_BESIDE, side)) & ~_grown(found, gap) & inside
    sharp = not near.any() or np.median(far[near]) - usual <= _SHARP * (threshold - usual)
    return found if sharp else inside


def _distance(
    image: NDArray[np.uint8], inside: NDArray[np.bool_], border: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Measure how far colours are from the border's median, with less noise: float32 (H, W)."""
    ground = np.median(image[border], axis=0).astype(np.uint8)
    painted = image if inside.all() else np.where(inside[..., None], image, ground)
    planes = _lab(Image.fromarray(painted).filter(ImageFilter.BoxBlur(1)))
    light, a, b = (np.square(plane - np.median(plane[border])) for plane in planes)
    return np.sqrt(light + a + b)


def _lab(image: Image.Image) -> list[NDArray[np.float32]]:
    """Convert as scikit-image does, three times as fast: L, a and b, float32 (H, W) each."""
    r, g, b = (np.asarray(channel) for channel in image.split())
    x, y, z = (_bent(_XYZ[0, i][r] + _XYZ[1, i][g] + _XYZ[2, i][b]) for i in range(3))
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def _bent(light: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(light > 0.008856, np.cbrt(light), 7.787 * light + 16 / 116)


def without_specks(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Leave out islands of fewer pixels than ``least``, of a mask, bool (H, W)."""
    islands, _ = label(mask)
    sizes = np.bincount(islands.ravel())
    sizes[0] = 0
    return (sizes >= max(least, 1))[islands]


def _pixels(share: float, side: int) -> int:
    return max(1, round(share * side))


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    return maximum_filter(mask, 2 * by + 1, mode="constant")


def _shrunk(mask: NDArray[np.bool_], by: int, beyond: str = "constant") -> NDArray[np.bool_]:
    return minimum_filter(mask, 2 * by + 1, mode=beyond)

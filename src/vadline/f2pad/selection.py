"""Where refinement starts: the threshold of M0, and which images are worth the time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_propagation

from vadline.calibration import promise
from vadline.metrics.histogram import pixel_histogram
from vadline.metrics.pixel import pixel_f1_threshold

NEAR_HIGHEST = 0.75
"""From this share of the way from an image's median to its highest value on, a pixel is
suspicious in any case."""

AROUND_IT = 0.45
"""And from this share on what is connected to one."""


def mask_threshold(
    known: Iterable[tuple[NDArray[np.float32], NDArray[np.uint8]]],
    has_defects: bool,
    rate: float,
    roi: NDArray[np.bool_] | None = None,
) -> float:
    """Choose the threshold of the initial mask M0, never on test images.

    Parameters
    ----------
    known : iterable of pairs
        Pixel-sized anomaly maps of training images and their masks.
    has_defects : bool
        Whether any of those masks marks a defect inside of the region.
    rate : float
        Share of good images of which any pixel may lie above, where no defect is known; in (0, 1).
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; no other pixel counts.

    Returns
    -------
    float
        The threshold of the best pixel F1, as in F2PAD section IV-B; without defects that which
        at most ``rate`` of good images exceed anywhere, see :func:`vadline.calibration.promise`;
        NaN without an image.
    """
    if has_defects:
        return pixel_f1_threshold(pixel_histogram(known, roi, regions=False))
    inside = slice(None) if roi is None else roi
    highest = [maps[:, inside].reshape(len(maps), -1).max(axis=1) for maps, _ in known]
    return promise(np.concatenate([*highest, np.empty(0)]), rate).threshold


def initial_masks(
    maps: NDArray[np.float32], threshold: float, roi: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Threshold pixel-sized maps inside of the region of interest: M0.

    Of an image that stays below the threshold, the surroundings of its highest pixel: what is
    asked about is called bad, by another detector perhaps, and its defect is likeliest there.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, H, W)
        0 and above.
    roi : ndarray, bool, shape (H, W)

    Returns
    -------
    ndarray, uint8 {0, 1}, shape (N, H, W)
    """
    return ((maps > levels(maps, threshold, roi)) & roi).astype(np.uint8)


def surrounding_masks(
    maps: NDArray[np.float32],
    initial: NDArray[np.uint8],
    threshold: float,
    roi: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Let each image's M0 grow into what is connected to it and half as high: maps are blurred.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, H, W)
    initial : ndarray, uint8 {0, 1}, shape (N, H, W)
        As from :func:`initial_masks`.
    roi : ndarray, bool, shape (H, W)

    Returns
    -------
    ndarray, bool, shape (N, H, W)
        Contains M0.
    """
    around = (maps > levels(maps, threshold, roi, AROUND_IT)) & roi
    grown = [binary_propagation(m, mask=into) for m, into in zip(initial, around, strict=True)]
    return np.stack(grown)


def levels(
    maps: NDArray[np.float32],
    threshold: float,
    roi: NDArray[np.bool_],
    share: float = NEAR_HIGHEST,
) -> NDArray[np.float32]:
    """Return the value from which on M0 begins in each image, float32 (N, 1, 1)."""
    inside = maps[:, roi]
    usual, highest = np.median(inside, axis=1), inside.max(axis=1)
    level = np.fmin(np.float32(threshold), usual + share * (highest - usual))
    return level.astype(np.float32)[:, None, None]


def reference_rows(goods: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """Draw at most ``most`` good rows, ascending, for the pixel prior and the initialiser."""
    return np.sort(np.random.default_rng((seed, 0x9E1)).permutation(goods)[:most])


def rows_to_refine(rejected: NDArray[np.bool_], most: int | None, seed: int) -> NDArray[np.int64]:
    """Draw at most ``most`` of the rejected rows, bool (N,); ascending, all by default."""
    rows = np.flatnonzero(rejected)
    if most is not None and len(rows) > most:
        rows = np.random.default_rng((seed, 0xF2AD)).choice(rows, most, replace=False)
    return np.sort(rows)

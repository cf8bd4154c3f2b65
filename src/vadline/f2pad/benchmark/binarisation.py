"""How a peer turns anomaly maps into masks, without a threshold from known defects."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LEVELS = 64
_STABLE = 4
"""A number of components counts as stable when so many levels in a row have it."""
_EROSION = 6 / 256  # side of the square, share of the image's
_EIGHT = np.ones((3, 3))


def adaptive_masks(maps: NDArray[np.float32], roi: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Binarise each map where the number of its components is most stable, as MEBin does.

    All maps share one range, from their lowest to their highest value. Each is cut at 64 levels of
    it, from the top; the lowest level of the longest run with an equal number of components, none
    of them a speck that erosion removes, gives the mask. A map without such a run has none.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, H, W)
        Anomaly maps, higher = more anomalous.
    roi : ndarray, bool, shape (H, W)
        Region of interest; nothing outside counts.

    Returns
    -------
    ndarray, uint8 {0, 1}, shape (N, H, W)
    """
    masks = np.zeros(maps.shape, np.uint8)
    if not maps.size:
        return masks
    inside = maps[:, roi]
    levels = np.linspace(inside.max(), inside.min(), _LEVELS + 1)[1:]
    side = max(1, round(_EROSION * min(maps.shape[1:])))
    for values, mask in zip(maps, masks, strict=True):
        values = np.where(roi, values, inside.min())
        # The eroded map's cuts are the eroded cuts of the map.
        eroded = ndimage.minimum_filter(values, side)
        counts = [ndimage.label(eroded > level, _EIGHT)[1] for level in levels]
        best = _longest_run(counts)
        if best is not None:
            mask[:] = values > levels[best]
    return masks


def _longest_run(counts: list[int]) -> int | None:
    """Find the last place of the longest run of an equal number but 0; None if all are short."""
    best, longest, end = None, _STABLE - 1, -1
    for count, run in groupby(counts):
        length = len(list(run))
        end += length
        if count and length > longest:
            best, longest = end, length
    return best

"""What a photograph looks like as a whole, in a few numbers that have words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors.patches import grid_roi
from vadline.images.joined import Joined

WORDS = {
    "brightness": ("brighter", "darker"),
    "redness": ("redder", "less red"),
    "blueness": ("bluer", "yellower"),
    "contrast": ("more contrast", "less contrast"),
    "sharpness": ("sharper", "less sharp"),
}
"""What people call a photograph whose statistic is higher, and lower."""

_CHUNK = 8
_FLAT = 0.1  # grey levels, below which there is no detail
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def photograph_statistics(
    images: NDArray[np.uint8] | Joined,
    rows: Sequence[int] | NDArray[np.int64],
    roi: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Measure photographs, a few at a time in memory.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
        RGB; may be a memory map.
    rows : sequence of int
        The photographs to measure.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; no other pixel counts.

    Returns
    -------
    DataFrame
        Row ``rows[i]`` holds, as float64 and in grey levels, the means of luminance
        (``brightness``), of red less luminance (``redness``) and of blue less luminance
        (``blueness``) and the standard deviation of luminance (``contrast``); and, as a ratio,
        the mean absolute differences of luminance between pixels one and two apart
        (``sharpness``): 1/2 for a ramp, near 1 for the finest detail, whatever the contrast.
    """
    rows = np.asarray(rows, np.int64)
    inside = np.ones(images.shape[1:3], bool) if roi is None else np.asarray(roi, bool)
    parts = [
        _measure(images[rows[start : start + _CHUNK]], inside)
        for start in range(0, len(rows), _CHUNK)
    ]
    return pd.DataFrame(
        np.concatenate([np.empty((0, len(WORDS))), *parts]), index=rows, columns=list(WORDS)
    )


def typical_anomaly(
    maps: NDArray[np.float32], roi: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the median of each anomaly map.

    It moves when all of a photograph is unlike the training part, and hardly for a defect.

    Parameters
    ----------
    maps : ndarray, float32, shape (n, h, w)
        Anomaly maps at any grid, of parts that the detector did not learn from.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest at any size; no location that lies wholly outside counts.

    Returns
    -------
    ndarray, float64, shape (n,)
    """
    inside = grid_roi(roi, maps.shape[1:])
    return np.median(maps[:, inside].astype(np.float64), axis=1)


def _measure(images: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Measure a chunk: uint8 (n, H, W, 3) -> float64 (n, 5)."""
    luminance = images.astype(np.float32) @ _LUMINANCE
    brightness = _mean(luminance, inside)
    centred = luminance - brightness.astype(np.float32)[:, None, None]
    contrast = np.sqrt(_mean(np.square(centred), inside))
    red, blue = (_mean(images[..., c].astype(np.float32), inside) for c in (0, 2))
    near, far = (_roughness(luminance, inside, step) for step in (1, 2))
    sharpness = near / np.maximum(far, _FLAT)
    return np.stack([brightness, red - brightness, blue - brightness, contrast, sharpness], axis=1)


def _roughness(
    luminance: NDArray[np.float32], inside: NDArray[np.bool_], step: int
) -> NDArray[np.float64]:
    """Average the differences between pixels a step apart that both lie inside: float64 (n,)."""
    down = np.abs(luminance[:, step:] - luminance[:, :-step])
    across = np.abs(luminance[:, :, step:] - luminance[:, :, :-step])
    down_pairs, across_pairs = (
        (inside[step:] & inside[:-step]),
        (inside[:, step:] & inside[:, :-step]),
    )
    return (_mean(down, down_pairs) + _mean(across, across_pairs)) / 2


def _mean(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average each image over some pixels: float32 (n, H, W) -> float64 (n,)."""
    # A matrix product does not copy the pixels, as an index would.
    weights = where.ravel() * np.float32(1 / max(where.sum(), 1))
    return (values.reshape(len(values), -1) @ weights).astype(np.float64)

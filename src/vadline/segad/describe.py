"""What is said of each anomaly map: its segments' statistics, and those of the part as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vadline.defects.synthetic import OUTSIDE
from vadline.segad.columns import WHOLE
from vadline.segad.statistics import segment_statistics


def described_names(names: Sequence[str]) -> list[str]:
    """Name the segments that `describe_maps` describes: the given ones, and all of the part."""
    return [*names, *([] if WHOLE in names else [WHOLE])]


def whole_segment(segments: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Unite all segments to one, label 0; what is `OUTSIDE` stays so."""
    return np.where(segments == OUTSIDE, segments, np.uint8(0))


def describe_maps(
    maps: NDArray[np.float32], segments: NDArray[np.uint8], names: Sequence[str]
) -> NDArray[np.float64]:
    """Describe the segments of each map, and the map as a whole.

    Parameters
    ----------
    maps : ndarray, float32, shape (N, H, W)
    segments : ndarray, uint8, shape (H, W) or (N, H, W)
        As :func:`vadline.segad.segment_statistics` takes them.
    names : sequence of str
        Of the segments.

    Returns
    -------
    ndarray, float64, shape (N, L, 4)
        A row for each of `described_names`.
    """
    found = segment_statistics(maps, segments, len(names))
    if WHOLE in names:
        return found
    return np.concatenate([found, segment_statistics(maps, whole_segment(segments), 1)], axis=1)

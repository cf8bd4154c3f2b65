"""Per-segment statistics of anomaly maps: SegAD's features q, z, c, m (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from vadline.errors import VadlineError

STATISTICS = ("q995", "skewness", "kurtosis", "mean")
QUANTILE = 0.995

# Pixels per chunk: bounds the float64 work arrays to a few times 16 MB.
CHUNK_PIXELS = 1 << 21


def segment_statistics(
    maps: np.ndarray, segments: np.ndarray, n_segments: int | None = None
) -> np.ndarray:
    """Quantile, skewness, kurtosis and mean of each segment in each anomaly map.

    The 99.5 % quantile interpolates linearly, skewness is m3 / m2**1.5 and kurtosis m4 / m2**2 - 3
    with biased moments, as NumPy's and SciPy's defaults. An empty segment gives zeros; a constant
    one has skewness and kurtosis 0.

    Parameters
    ----------
    maps : ndarray of float32, shape (N, H, W)
        Anomaly maps; a memory map is read chunk by chunk.
    segments : ndarray of uint8, shape (H, W) or (N, H, W)
        One segmentation map for all images, or one for each.
    n_segments : int, optional
        Number L of segments; by default the largest label plus one. Give it where the last
        segments may be empty.

    Returns
    -------
    ndarray of float64, shape (N, L, 4)
        In the order of `STATISTICS`.

    Raises
    ------
    VadlineError
        If the segments do not fit the maps.
    """
    if segments.shape not in (maps.shape, maps.shape[1:]):
        raise VadlineError(
            f"segments {segments.shape} do not fit anomaly maps {maps.shape}: make them for "
            f"{maps.shape[1]} x {maps.shape[2]} pixels"
        )
    count = int(segments.max(initial=0)) + 1 if n_segments is None else n_segments
    if segments.max(initial=0) >= count:
        raise VadlineError(f"segments hold label {segments.max()}, but only {count} are named")
    result = np.zeros((len(maps), count, len(STATISTICS)))
    for rows, labels in _chunks(maps, segments):
        order = np.argsort(labels, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(labels.ravel(), minlength=count))
        flat = np.asarray(maps[rows], np.float32).reshape(-1, labels.size)
        # np.take keeps rows contiguous: each image's sums are the same in any chunk.
        pixels = np.take(flat, order, axis=1)
        for label, end in enumerate(ends):
            start = ends[label - 1] if label else 0
            if end > start:
                result[rows, label] = _describe(pixels[:, start:end])
    return result


def feature_frame(
    statistics: np.ndarray, detector: str, names: Sequence[str], image_ids: Sequence[str]
) -> pd.DataFrame:
    """Name the statistics of one detector.

    Parameters
    ----------
    statistics : ndarray, shape (N, L, 4)
        From `segment_statistics`.
    detector : str
        The detector whose maps these are of.
    names : sequence of str
        The L segments' names.
    image_ids : sequence of str
        The N images' names, the index of the frame.

    Returns
    -------
    DataFrame of float64, shape (N, 4 L)
        Columns ``<detector>.<segment>.<statistic>``, segments outside, statistics inside.

    Raises
    ------
    VadlineError
        If there are not as many names as segments.
    """
    if statistics.shape[1] != len(names):
        raise VadlineError(
            f"statistics of {statistics.shape[1]} segments, {len(names)} names: tell "
            "segment_statistics the number of segments"
        )
    columns = [f"{detector}.{name}.{statistic}" for name in names for statistic in STATISTICS]
    flat = np.asarray(statistics, np.float64).reshape(len(statistics), len(columns))
    return pd.DataFrame(flat, index=pd.Index(image_ids, name="image_id"), columns=columns)


def _chunks(maps: np.ndarray, segments: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of images that share one segmentation map."""
    if segments.ndim == maps.ndim:
        for index, labels in enumerate(segments):
            yield slice(index, index + 1), labels
        return
    step = max(1, CHUNK_PIXELS // max(segments.size, 1))
    for start in range(0, len(maps), step):
        yield slice(start, start + step), segments


def _describe(pixels: np.ndarray) -> np.ndarray:
    """Statistics of each row: (n, P) float32 -> (n, 4) float64."""
    mean = pixels.mean(axis=1, dtype=np.float64)
    centred = pixels - mean[:, None]
    squared = centred * centred
    size = pixels.shape[1]
    m2 = np.einsum("ij->i", squared) / size
    m3 = np.einsum("ij,ij->i", squared, centred) / size
    m4 = np.einsum("ij,ij->i", squared, squared) / size
    # A spread below the rounding of the mean is none (the rule of scipy.stats.skew).
    constant = m2 <= (np.finfo(np.float64).resolution * mean) ** 2
    m2 = np.where(constant, 1.0, m2)
    skewness = np.where(constant, 0.0, m3 / m2**1.5)
    kurtosis = np.where(constant, 0.0, m4 / m2**2 - 3)
    return np.stack([_quantile(pixels), skewness, kurtosis, mean], axis=1)


def _quantile(pixels: np.ndarray) -> np.ndarray:
    position = QUANTILE * (pixels.shape[1] - 1)
    low = int(position)
    high = min(low + 1, pixels.shape[1] - 1)
    parted = np.partition(pixels, (low, high), axis=1)
    below, above = parted[:, low].astype(np.float64), parted[:, high].astype(np.float64)
    return below + (above - below) * (position - low)

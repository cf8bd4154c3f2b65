"""Pixel AUROC and F1 from a score histogram.

Binning can only move pixels that share a bin. For the AUROC that is at most half of the pairs
(bad, good) that share one, which `pixel_auroc_error` gives for the data at hand; F1 can only miss
thresholds inside a bin, see `pixel_f1_error`. With the bins of `vadline.metrics.histogram` and
scores that spread over one scale or many decades, the bound of the AUROC is a few 1e-5, and its
error some 1e-7, since good and bad pixels mix within a bin. Both grow where many scores crowd far
from the reference, closer than 1/4096 of their distance, such as around two values.
"""

from __future__ import annotations

import numpy as np

from vadline.metrics.histogram import PixelHistogram


def pixel_auroc(histogram: PixelHistogram) -> float:
    """Area under the ROC curve over pixels; pixels of one bin count as ties.

    Returns
    -------
    float
        In [0, 1], NaN where all pixels are of one class.
    """
    _, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan")
    below = np.cumsum(good) - good
    return float(np.dot(bad.astype(float), below + good / 2) / bad.sum() / good.sum())


def pixel_auroc_error(histogram: PixelHistogram) -> float:
    """Upper bound of ``|pixel_auroc - exact AUROC|``: half of the pairs that share a bin.

    True ties, which are no error, count in it too: a map of one single value gives 0.5.
    """
    _, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan")
    return float(np.dot(good.astype(float), bad) / 2 / good.sum() / bad.sum())


def pixel_f1(histogram: PixelHistogram) -> float:
    """Give the best F1 over all bin edges as thresholds, NaN where one class is missing."""
    return _best_f1(histogram)[0]


def pixel_f1_threshold(histogram: PixelHistogram) -> float:
    """Threshold of the best F1: a pixel is called bad where ``score >= threshold``."""
    return _best_f1(histogram)[1]


def pixel_f1_error(histogram: PixelHistogram) -> float:
    """Upper bound of what the exact best F1 has over `pixel_f1`, which never exceeds it.

    At best, a threshold inside a bin parts all of its bad pixels from all of its good ones.
    """
    _, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan")
    caught, false = (np.cumsum(counts[::-1])[::-1] for counts in (bad, good))
    most = 2 * caught / (caught + false - good + bad.sum())
    return float(most.max()) - pixel_f1(histogram)


def _best_f1(histogram: PixelHistogram) -> tuple[float, float]:
    index, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan"), float("nan")
    caught = np.cumsum(bad[::-1])[::-1]
    called = caught + np.cumsum(good[::-1])[::-1]
    f1 = 2 * caught / (called + bad.sum())
    best = int(np.argmax(f1))
    return float(f1[best]), histogram.threshold(int(index[best]))

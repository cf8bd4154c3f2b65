"""Pixel AUROC and F1 from a score histogram.

Binning can only move pixels that share a bin, g_i good and b_i bad ones in bin i. The AUROC is off
by at most half of the pairs that share one, ``sum(g_i * b_i) / (2 * sum(g) * sum(b))``, true ties
among them. The best F1 can only be missed by thresholds inside a bin; at best these part all of its
bad pixels from all of its good ones, ``2 * B_i / (B_i + G_i - g_i + sum(b))`` with B_i and G_i
counted from bin i up. With the bins of `vadline.metrics.histogram` and scores that spread over one
scale or many decades, the bound of the AUROC is a few 1e-5, and its error some 1e-7, since good and
bad pixels mix within a bin. Both grow where many scores crowd far from the reference, closer than
1/4096 of their distance, such as around two values.
"""

from __future__ import annotations

import numpy as np

from vadline.metrics.histogram import PixelHistogram


def pixel_auroc(histogram: PixelHistogram) -> float:
    """Area under the ROC curve over pixels; pixels of one bin count as ties."""
    _, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan")
    below = np.cumsum(good) - good
    return float(np.dot(bad.astype(float), below + good / 2) / bad.sum() / good.sum())


def pixel_f1(histogram: PixelHistogram) -> float:
    """Give the best F1 over all bin edges as thresholds, NaN where one class is missing."""
    return _best_f1(histogram)[0]


def pixel_f1_threshold(histogram: PixelHistogram) -> float:
    """Threshold of the best F1: a pixel is called bad where ``score >= threshold``."""
    return _best_f1(histogram)[1]


def _best_f1(histogram: PixelHistogram) -> tuple[float, float]:
    index, good, bad, _ = histogram.occupied()
    if not good.any() or not bad.any():
        return float("nan"), float("nan")
    caught = np.cumsum(bad[::-1])[::-1]
    called = caught + np.cumsum(good[::-1])[::-1]
    f1 = 2 * caught / (called + bad.sum())
    best = int(np.argmax(f1))
    return float(f1[best]), histogram.threshold(int(index[best]))

"""AUPRO: area under the per-region overlap curve (Bergmann et al., IJCV 2021, section 5).

At a threshold, the per-region overlap is the share of a connected defect that lies above it,
averaged over all defects, so that a small scratch counts as much as a large stain. Giving every bad
pixel the weight 1 / (size of its defect) makes that mean a weighted true-positive rate: the same
histogram that serves the AUROC serves this curve.
"""

from __future__ import annotations

import numpy as np

from vadline.metrics.histogram import PixelHistogram


def aupro(histogram: PixelHistogram, fpr_limit: float = 0.3) -> float:
    """Area under the per-region overlap curve up to a false-positive rate, divided by that rate.

    Parameters
    ----------
    histogram : PixelHistogram
        Collected with ``regions=True``.
    fpr_limit : float
        In (0, 1]; 0.3 in the literature. The curve is linear between its points.
    """
    _, good, _, region = (counts[::-1] for counts in histogram.occupied())
    if not good.any() or not histogram.n_regions_:
        return float("nan")
    fpr = np.concatenate([[0.0], np.cumsum(good) / good.sum()])
    pro = np.concatenate([[0.0], np.cumsum(region) / histogram.n_regions_])
    inside = fpr <= fpr_limit
    if not inside.all():
        # Interpolate on the segment that crosses the limit.
        at = int(np.argmin(inside))
        slope = (pro[at] - pro[at - 1]) / (fpr[at] - fpr[at - 1])
        end = pro[at - 1] + slope * (fpr_limit - fpr[at - 1])
        fpr = np.append(fpr[:at], fpr_limit)
        pro = np.append(pro[:at], end)
    return float(min(np.trapezoid(pro, fpr) / fpr_limit, 1.0))

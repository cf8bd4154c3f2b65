"""What each false-reject rate costs: its threshold, and who is rejected and caught by it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from vadline.calibration.conformal import promise

RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20)
CONFIDENCE = 0.9
"""Of the intervals in the table."""


def thresholds_table(
    goods: ArrayLike,
    bads: ArrayLike,
    rates: Iterable[float] = RATES,
    test_goods: ArrayLike = (),
    test_bads: ArrayLike = (),
) -> pd.DataFrame:
    """Tabulate the thresholds from which a false-reject rate is chosen.

    Parameters
    ----------
    goods, bads : array_like, float, shape (n,) or (b,)
        Scores of training parts by detectors that did not learn from them. A threshold is taken
        from the same goods whose share it rejects.
    rates : iterable of float
        False-reject rates to ask for, each in (0, 1).
    test_goods, test_bads : array_like, float, shape (N,)
        Scores of test parts, where there are any.

    Returns
    -------
    DataFrame
        A row per rate, ``rate_0.05``; columns of float64: ``asked`` and ``promised``, the rates of
        a `Promise`; ``threshold``, a score; ``goods_rejected``, ``bads_caught``,
        ``test_goods_rejected`` and ``test_bads_caught``, the shares above it; and the ``_low`` and
        ``_high`` ends of the first two's 90 % intervals (Clopper and Pearson 1934). NaN where
        there is no such part.

    Raises
    ------
    VadlineError
        If a rate is outside of (0, 1) or a good part's score is not finite.
    """
    rows = {}
    for rate in rates:
        kept = promise(goods, rate)
        rows[f"rate_{rate:g}"] = {
            "asked": kept.asked,
            "threshold": kept.threshold,
            "promised": kept.promised,
            **_named("goods_rejected", caught(goods, kept.threshold)),
            **_named("bads_caught", caught(bads, kept.threshold)),
            "test_goods_rejected": caught(test_goods, kept.threshold)[0],
            "test_bads_caught": caught(test_bads, kept.threshold)[0],
        }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=np.float64)


def caught(scores: ArrayLike, threshold: float) -> tuple[float, float, float]:
    """Give the share of parts above a threshold, and the 90 % interval that their number leaves.

    Clopper and Pearson's (1934); NaN without parts or threshold.
    """
    above = np.asarray(scores, np.float64) > threshold
    if above.size == 0 or np.isnan(threshold):
        return (float("nan"),) * 3
    low, high = binomtest(int(above.sum()), above.size).proportion_ci(CONFIDENCE, "exact")
    return float(above.mean()), float(low), float(high)


def _named(name: str, interval: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), interval, strict=True))

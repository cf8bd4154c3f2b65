"""What drove a score: the detector and the segment that stand out most from good parts."""

from __future__ import annotations

import pandas as pd

from vadline.segad import location_scale

STATISTIC = "q995"
"""The 99.5 % quantile of an anomaly map within a segment, SegAD's q."""


def usual_features(goods: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Learn what good parts show: mean and spread of each segment's 99.5 % quantile.

    Parameters
    ----------
    goods : DataFrame, float64, shape (n, F)
        Columns ``<detector>.<segment>.<statistic>`` and others, of good parts, by models that have
        not seen them.

    Returns
    -------
    dict of str to tuple
        By ``<detector>.<segment>``; empty where there is no good part.
    """
    if goods.empty:
        return {}
    ending = f".{STATISTIC}"
    return {
        name.removesuffix(ending): location_scale(goods[name].to_numpy(float))
        for name in goods
        if name.endswith(ending)
    }


def drivers(features: pd.DataFrame, usual: dict[str, tuple[float, float]]) -> list[str]:
    """Say of each part which detector and segment stand out most, in words.

    Parameters
    ----------
    features : DataFrame, float64, shape (N, F)
        As for :func:`usual_features`.

    Returns
    -------
    list of str
        Such as ``patchcore in top left: 4.1 times what good parts show``; empty where nothing is
        known of good parts.
    """
    if not usual:
        return [""] * len(features)
    names = list(usual)
    values = features[[f"{name}.{STATISTIC}" for name in names]].to_numpy(float)
    mean, spread = (pd.Series({k: v[i] for k, v in usual.items()}).to_numpy() for i in (0, 1))
    most = ((values - mean) / spread).argmax(axis=1)
    return [_in_words(names[i], row[i], mean[i]) for i, row in zip(most, values, strict=True)]


def _in_words(name: str, value: float, usual: float) -> str:
    detector, _, segment = name.partition(".")
    if usual <= 0:  # log-likelihoods have no zero to count from
        return f"{detector} in {segment}: {value:.3g}, good parts {usual:.3g}"
    return f"{detector} in {segment}: {value / usual:.1f} times what good parts show"

"""What drove a score: detector and segment that stand out most, or what known bads taught."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vadline.segad import WHOLE, location_scale

STATISTIC = "q995"
"""The 99.5 % quantile of an anomaly map within a segment, SegAD's q."""
LEARNT = {
    "margin": "the map's statistics are like those of known bad parts",
    "probe": "it looks like known bad parts",
}
"""What the terms of a blend say that bad parts have taught."""


def usual_features(goods: pd.DataFrame, detectors: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Learn what good parts show: mean and spread of each segment's 99.5 % quantile.

    Parameters
    ----------
    goods : DataFrame, float64, shape (n, F)
        Columns ``<detector>.<segment>.<statistic>`` and others, of good parts, by models that have
        not seen them.
    detectors : sequence of str
        Those that decide. The part as a whole counts only where it is the one segment.

    Returns
    -------
    dict of str to tuple
        By ``<detector>.<segment>``; empty where there is no good part.
    """
    if goods.empty:
        return {}
    ending = f".{STATISTIC}"
    names = [str(name).removesuffix(ending) for name in goods if str(name).endswith(ending)]
    names = [name for name in names if name.split(".")[0] in detectors]
    parts = [name for name in names if name.split(".")[1] != WHOLE]
    return {
        name: location_scale(goods[f"{name}{ending}"].to_numpy(float)) for name in parts or names
    }


def drivers(
    features: pd.DataFrame, usual: dict[str, tuple[float, float]], terms: pd.DataFrame | None = None
) -> list[str]:
    """Say of each part what drove its score, in words.

    Parameters
    ----------
    features : DataFrame, float64, shape (N, F)
        As for :func:`usual_features`.
    terms : DataFrame, float64, shape (N, .)
        What the score is the sum of, as :meth:`vadline.segad.BlendedForest.terms` gives it.

    Returns
    -------
    list of str
        Which detector and segment stand out most, such as ``patchcore in top left: 4.1 times what
        good parts show``; before it what known bad parts have taught, where that is the largest
        term and above what good parts vary by. Empty where nothing is known of good parts.
    """
    if not usual:
        return [""] * len(features)
    names = list(usual)
    values = features[[f"{name}.{STATISTIC}" for name in names]].to_numpy(float)
    mean, spread = (pd.Series({k: v[i] for k, v in usual.items()}).to_numpy() for i in (0, 1))
    most = ((values - mean) / spread).argmax(axis=1)
    words = [_in_words(names[i], row[i], mean[i]) for i, row in zip(most, values, strict=True)]
    if terms is None:
        return words
    added = terms[["scores", *LEARNT]].fillna(-float("inf")).to_numpy()
    largest = np.where(added.max(axis=1) > 1, added.argmax(axis=1), 0)
    taught = ["", *(f"{said}; " for said in LEARNT.values())]
    return [taught[i] + word for i, word in zip(largest, words, strict=True)]


def _in_words(name: str, value: float, usual: float) -> str:
    detector, _, segment = name.partition(".")
    if usual <= 0:  # log-likelihoods have no zero to count from
        return f"{detector} in {segment}: {value:.3g}, good parts {usual:.3g}"
    return f"{detector} in {segment}: {value / usual:.1f} times what good parts show"

"""Nodes of the stage evaluate that decide."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.calibration import (
    RATES,
    Calibration,
    fit_drift,
    photograph_statistics,
    thresholds_table,
    typical_anomaly,
)
from vadline.detectors import AnomalyMaps
from vadline.inspection import drivers
from vadline.splits import honest_scores, judged


def check_drift(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    *maps: AnomalyMaps,
    names: list[str],
) -> tuple[pd.DataFrame, dict[str, Any], dict[str, Any]]:
    """Hold every part, and the test part as a whole, against good training photographs.

    Returns
    -------
    drift : DataFrame
    verdict : dict
        On the test part.
    check : dict
        What was learnt from good parts, for others; empty where there are none.
    """
    rows = np.flatnonzero(judged(split) | split["calibration"].to_numpy())
    statistics = photograph_statistics(images, rows, roi)
    for name, each in zip(names, maps, strict=True):
        statistics[f"{name}'s map"] = typical_anomaly(each.grid[rows], roi)
    goods, test = (split[role].to_numpy()[rows] for role in ("calibration", "test"))
    unlike, verdict = np.zeros(len(rows), bool), {"drifted": False}
    learnt: dict[str, Any] = {}
    if goods.any():
        check = fit_drift(statistics[goods])
        learnt = check.to_dict()
        unlike[~goods] = check.flags(statistics[~goods])
        if test.any():
            verdict = dataclasses.asdict(check.verdict(statistics[test]))
    table = pd.DataFrame({"image_id": split["image_id"].iloc[rows], "unlike_training": unlike})
    return table.join(statistics), verdict, learnt


def decide(
    scores: pd.DataFrame,
    split: pd.DataFrame,
    calibration: dict[str, Any],
    drift: pd.DataFrame,
    features: pd.DataFrame,
    usual: dict[str, Any],
    terms: pd.DataFrame,
) -> pd.DataFrame:
    """Give every part a score, a decision and its reason, by models that have not seen it."""
    some = judged(split)
    parts = split.loc[some, ["image_id", "label", "defect"]].reset_index(drop=True)
    parts["part"] = np.where(split.loc[some, "test"], "test", "training")
    score = scores.set_index("image_id")[calibration["setup"]].reindex(parts["image_id"])
    table = Calibration.from_dict(calibration).decide(score.to_numpy())
    drifted = drift.set_index("image_id")["unlike_training"].reindex(parts["image_id"])
    told, own = (t.set_index("image_id").reindex(parts["image_id"]) for t in (features, terms))
    table = pd.concat([parts, table], axis="columns").assign(
        unlike_training=drifted.to_numpy(), reason=drivers(told, usual, own)
    )
    return table.sort_values("score", ascending=False, ignore_index=True)


def tabulate_thresholds(
    scores: pd.DataFrame, split: pd.DataFrame, setup: str, rate: float
) -> pd.DataFrame:
    """Tell what every false-reject rate would cost."""
    score, (goods, bads, test) = honest_scores(scores, split, setup)
    bad = (split["label"] == "bad").to_numpy()
    rates = sorted({*RATES, rate})
    table = thresholds_table(
        score[goods], score[bads], rates, score[test & ~bad], score[test & bad]
    )
    return table.rename_axis("row").reset_index()

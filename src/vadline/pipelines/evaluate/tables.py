"""Nodes of the stage evaluate that fill the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import AnomalyMaps
from vadline.metrics import (
    calibrated_scores,
    detection_row,
    pixel_histogram,
    refinement_row,
    reject_threshold,
    segad_row,
    segad_table,
)
from vadline.splits import unseen_defects

Rows = dict[str, dict[str, float]]


def evaluate_detector(
    maps: AnomalyMaps,
    scores: pd.DataFrame,
    masks: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
) -> dict[str, float]:
    """Measure one detector on the test part."""
    test = split[split["test"]]
    score = scores.set_index("image_id")["score"].reindex(test["image_id"]).to_numpy()
    known = split["mask_known"] & split["test"]
    histogram = None
    if (known & (split["label"] == "bad")).any():
        chunks = maps.chunks(np.flatnonzero(known))
        histogram = pixel_histogram(((pixels, masks[some]) for some, pixels in chunks), roi)
    return detection_row(test["label"] == "bad", score, histogram)


def make_table(
    *rows: dict[str, float], names: list[str], table: Callable[[Rows], pd.DataFrame]
) -> pd.DataFrame:
    """Gather rows into a table."""
    return _as_file(table(dict(zip(names, rows, strict=True))))


def evaluate_setups(scores: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Measure every set-up on the test part, on seen and unseen kinds apart."""
    test = split[split["test"]]
    unseen = unseen_defects(split)[split["test"]]
    table = scores.set_index("image_id").reindex(test["image_id"])
    bad = (test["label"] == "bad").to_numpy()
    rows = {name: segad_row(bad, table[name].to_numpy(), unseen) for name in table.columns}
    return _as_file(segad_table(rows))


def evaluate_refinement(
    refined: NDArray[np.uint8],
    initial: NDArray[np.uint8],
    painted: NDArray[np.uint8],
    log: pd.DataFrame,
    masks: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
) -> dict[str, float]:
    """Hold refined and initial masks against the truth, on bad parts whose mask is known."""
    rows = log["row"].to_numpy(np.int64)  # an empty CSV has no types
    some = np.flatnonzero((split["mask_known"] & (split["label"] == "bad")).to_numpy()[rows])
    seconds = log["seconds"].to_numpy(float)[some]
    truth = masks[rows[some]]
    return refinement_row(initial[some], painted[some], refined[some], truth, seconds, roi)


def decide(scores: pd.DataFrame, split: pd.DataFrame, setup: str, rate: float) -> pd.DataFrame:
    """Give every test part a score, a calibrated score and a decision."""
    score = scores.set_index("image_id")[setup].reindex(split["image_id"]).to_numpy()
    goods = score[split["calibration"].to_numpy()]
    threshold = reject_threshold(goods, rate)
    calls = np.where(score > threshold, "bad", "good") if len(goods) else "undecided"
    table = split[["image_id", "label", "defect"]].assign(
        score=score,
        calibrated_score=calibrated_scores(score, goods),
        threshold=threshold,
        decision=calls,
    )
    return table[split["test"]].sort_values("score", ascending=False)


def _as_file(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename_axis("row").reset_index()

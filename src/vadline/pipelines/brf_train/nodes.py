"""Nodes of the stage brf_train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.calibration import calibrate, in_words
from vadline.defects.stand_ins import StandIns
from vadline.probe import PartFeatures, Probe, ProbeParams, pretrained, probe_state
from vadline.segad import (
    BlendedForest,
    BlendParams,
    ForestParams,
    SetupParams,
    forest_rows,
    image_score_columns,
    setup_columns,
)
from vadline.splits import honest_scores, scored_rows
from vadline.state import ModelState


def learn_probe(
    features: NDArray[np.float32],
    split: pd.DataFrame,
    probe: ProbeParams,
    backbone: BackboneParams,
    seed: int,
) -> tuple[ModelState, pd.DataFrame]:
    """Learn what known bad parts look like; score all parts, training ones out of their fold."""
    extractor = pretrained(backbone, probe)
    split_up = PartFeatures(extractor, probe).split
    learnt = np.flatnonzero(split["forest"])
    bad, folds = (split["label"] == "bad").to_numpy()[learnt], split["fold"].to_numpy()[learnt]
    known = split_up(features[learnt])
    fitted = Probe(probe, seed).fit(known, bad)
    scores = pd.Series(np.nan, split["image_id"])
    scores.iloc[learnt] = fitted.out_of_fold(known, bad, folds)
    scored = scored_rows(split)
    rest = np.setdiff1d(scored, learnt)
    scores.iloc[rest] = fitted.decision_function(split_up(features[rest]))
    frame = scores.iloc[scored].rename("score").reset_index()
    return probe_state(fitted, extractor, backbone.name), frame


def grow_forest(
    features: pd.DataFrame,
    split: pd.DataFrame,
    synthetic: StandIns,
    own: SetupParams,
    forest: ForestParams,
    include_image_score: bool,
    seed: int,
    probe_scores: pd.DataFrame | None = None,
) -> tuple[BlendedForest, pd.DataFrame, dict[str, float]]:
    """Grow one set-up's forest; score all parts, those that it learnt from out of their fold."""
    table = features.set_index("image_id")
    columns = setup_columns(
        table, own.detectors, include_image_score, own.classifier, whole=own.whole
    )
    scores = image_score_columns(table, own.detectors)
    rows, bad, folds = forest_rows(table, split, synthetic)
    probe = None
    if probe_scores is not None:
        probe = probe_scores.set_index("image_id")["score"].reindex(table.index)
    grown = BlendedForest(forest, own.blend or BlendParams(), seed)
    folded = folds if (split["fold"] >= 0).any() else None
    grown.fit(
        table.loc[rows, columns],
        bad,
        table.loc[rows, scores],
        folded,
        None if probe is None else probe.loc[rows].to_numpy(),
        known_bads=int((bad & rows.isin(split["image_id"])).sum()),
    )
    every = None if probe is None else probe.to_numpy()
    terms = grown.terms(table[columns], table[scores], every).set_index(table.index)
    if folded is not None:
        terms.loc[rows] = grown.out_of_fold_.to_numpy()
    frame = terms.reset_index()
    return grown, frame, grown.forest_.feature_importances_.astype(float).to_dict()


def join_scores(*frames: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put all set-ups' scores side by side."""
    columns = [frame.set_index("image_id")["score"] for frame in frames]
    return pd.concat(columns, axis="columns", keys=names).reset_index()


def calibrate_scores(
    scores: pd.DataFrame,
    split: pd.DataFrame,
    setup: str,
    rate: float,
    review_rate: float | None,
    bad_share: float,
) -> dict[str, Any]:
    """Learn thresholds and probability of the deciding set-up, and what they promise in words."""
    score, (goods, bads, _) = honest_scores(scores, split, setup)
    learnt = calibrate(score[goods], score[bads], rate, review_rate, bad_share)
    return {"setup": setup, "in_words": in_words(learnt, score[bads]), **learnt.to_dict()}

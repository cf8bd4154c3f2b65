"""Nodes of the stage brf_train."""

from __future__ import annotations

import pandas as pd

from vadline.defects.stand_ins import StandIns
from vadline.segad import (
    BlendedForest,
    BlendParams,
    ForestParams,
    SetupParams,
    forest_rows,
    image_score_columns,
    setup_columns,
)


def grow_forest(
    features: pd.DataFrame,
    split: pd.DataFrame,
    synthetic: StandIns,
    own: SetupParams,
    forest: ForestParams,
    blend: BlendParams,
    include_image_score: bool,
    seed: int,
) -> tuple[BlendedForest, pd.DataFrame, dict[str, float]]:
    """Grow one set-up's forest; score all parts, those that it learnt from out of their fold."""
    table = features.set_index("image_id")
    columns = setup_columns(table, own.detectors, include_image_score, own.classifier)
    scores = image_score_columns(table, own.detectors)
    rows, bad, folds = forest_rows(table, split, synthetic)
    grown = BlendedForest(forest, blend, seed)
    folded = folds if (split["fold"] >= 0).any() else None
    grown.fit(table.loc[rows, columns], bad, table.loc[rows, scores], folded)
    margins = pd.Series(grown.decision_function(table[columns], table[scores]), table.index)
    if folded is not None:
        margins.loc[rows] = grown.out_of_fold_
    frame = pd.DataFrame({"image_id": table.index, "score": margins.to_numpy()})
    return grown, frame, grown.forest_.feature_importances_.astype(float).to_dict()


def join_scores(*frames: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put all set-ups' scores side by side."""
    columns = [frame.set_index("image_id")["score"] for frame in frames]
    return pd.concat(columns, axis="columns", keys=names).reset_index()

"""Nodes of the stage brf_train."""

from __future__ import annotations

import pandas as pd

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
    own: SetupParams,
    forest: ForestParams,
    blend: BlendParams,
    include_image_score: bool,
    seed: int,
    *,
    setup: str,
) -> tuple[BlendedForest, pd.DataFrame, dict[str, float]]:
    """Grow one set-up's forest and score all parts with it."""
    table = features.set_index("image_id")
    columns = setup_columns(table, own.detectors, include_image_score, own.classifier)
    scores = image_score_columns(table, own.detectors)
    rows, bad = forest_rows(table, split)
    grown = BlendedForest(forest, blend, seed)
    grown.fit(table.loc[rows, columns], bad, table.loc[rows, scores])
    margins = grown.decision_function(table[columns], table[scores])
    frame = pd.DataFrame({"image_id": table.index, setup: margins})
    return grown, frame, grown.forest_.feature_importances_.astype(float).to_dict()


def join_scores(*frames: pd.DataFrame) -> pd.DataFrame:
    """Put all set-ups' scores side by side."""
    indexed = [frame.set_index("image_id") for frame in frames]
    return pd.concat(indexed, axis="columns").reset_index()

"""Nodes of the stage score_maps."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import load_detector
from vadline.splits import scored_rows
from vadline.state import ModelState


def score(
    model: ModelState,
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    synthetic_images: NDArray[np.uint8],
    synthetic: pd.DataFrame,
    roi: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.float32], pd.DataFrame]:
    """Score every image that the detector has not learnt from; the others' maps are NaN."""
    detector, rows = load_detector(model), scored_rows(split)
    some, scores = detector.score(images, rows, roi)
    maps = np.full((len(images), *some.shape[1:]), np.nan, np.float32)
    maps[rows] = some
    made = np.flatnonzero(synthetic["role"] == "forest")
    made_maps, made_scores = detector.score(synthetic_images, made, roi)
    made_maps = made_maps.reshape(len(made), *some.shape[1:])
    names = [*split["image_id"].iloc[rows], *synthetic["image_id"].iloc[made]]
    scores = pd.DataFrame({"image_id": names, "score": np.concatenate([scores, made_scores])})
    return maps, made_maps, scores

"""Nodes of the stage score_maps."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, load_detector
from vadline.splits import scored_rows
from vadline.state import ModelState


def score(
    model: ModelState,
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    synthetic: StandIns,
) -> tuple[AnomalyMaps, AnomalyMaps, pd.DataFrame]:
    """Score every image that the detector has not learnt from; the others' maps are NaN."""
    detector, rows = load_detector(model), scored_rows(split)
    some, scores = detector.score(images, rows, roi)
    grid = np.full((len(images), *some.shape[1:]), np.nan, np.float32)
    grid[rows] = some
    made = synthetic.rows("forest")
    made_grid, made_scores = detector.score(synthetic.images, made, roi)
    made_grid = made_grid.reshape(len(made), *some.shape[1:])
    names = [*split["image_id"].iloc[rows], *synthetic.table["image_id"].iloc[made]]
    scores = pd.DataFrame({"image_id": names, "score": np.concatenate([scores, made_scores])})
    size, sigma = images.shape[1], detector.params.blur_sigma
    return AnomalyMaps(grid, size, sigma), AnomalyMaps(made_grid, size, sigma), scores

"""Nodes of the stage memory_bank."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import DetectorParams, TrainingSet, unfitted
from vadline.splits import training_set
from vadline.state import ModelState


def fit(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    detector: DetectorParams,
    seed: int,
    encoder: ModelState | None = None,
    *,
    name: str,
) -> ModelState:
    """Learn what normal looks like, with pretrained or fine-tuned features."""
    training = TrainingSet(images, np.flatnonzero(split["detector"]), roi=roi)
    return unfitted(detector, name, encoder).fit(training, seed).state()


def fit_supervised(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    detector: DetectorParams,
    seed: int,
    *,
    name: str,
) -> ModelState:
    """Learn from good and from known bad parts."""
    training = training_set(images, masks, roi, split, synthetic, detector.role)
    return unfitted(detector, name).fit(training, seed).state()

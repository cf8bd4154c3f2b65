"""Nodes of the stage score_maps."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import (
    AnomalyMaps,
    Detector,
    DetectorParams,
    FitsFolds,
    HeldOut,
    TrainingSet,
    cross_fit,
    detector_class,
    load_detector,
    unfitted,
)
from vadline.images.joined import Joined
from vadline.splits import folds_of, scored_rows, training_set
from vadline.state import ModelState, digest, state_of_fold

Scored = tuple[AnomalyMaps, AnomalyMaps, pd.DataFrame]


def score_folds(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    synthetic: StandIns,
    detector: DetectorParams,
    seed: int,
    scratch: Path,
    encoders: ModelState | None = None,
) -> Scored:
    """Score every training part, and every stand-in, by a model that has not seen its fold.

    ``scratch`` lies in the detector's own folder, which is named by it.
    """
    store = Joined([images, synthetic.images])
    training = TrainingSet(store, np.flatnonzero(split["detector"]), roi=roi)
    return _cross_fit(training, split, synthetic, detector, seed, scratch, encoders)


def score_folds_supervised(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    detector: DetectorParams,
    seed: int,
    scratch: Path,
) -> Scored:
    """As :func:`score_folds`, by models that learn from bad parts too."""
    training = training_set(images, masks, roi, split, synthetic, detector.role)
    return _cross_fit(training, split, synthetic, detector, seed, scratch)


def score_rest(
    model: ModelState,
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    fold_maps: AnomalyMaps,
    fold_scores: pd.DataFrame,
) -> tuple[AnomalyMaps, pd.DataFrame]:
    """Score what is in no fold by the model that is kept, and put what the folds gave beside it."""
    rest = np.flatnonzero(split["test"])
    some, scores = load_detector(model).score(images, rest, roi)
    grid = np.array(fold_maps.grid)
    grid[rest] = some
    mine = pd.DataFrame({"image_id": split["image_id"].iloc[rest], "score": scores})
    order = pd.concat([split["image_id"].iloc[scored_rows(split)], fold_scores["image_id"]])
    both = pd.concat([mine, fold_scores]).set_index("image_id")
    frame = both.reindex(order.drop_duplicates()).rename_axis("image_id").reset_index()
    return AnomalyMaps(grid, fold_maps.size, fold_maps.blur_sigma), frame


def score(
    model: ModelState,
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    synthetic: StandIns,
) -> Scored:
    """Score every image that the detector has not learnt from; the others' maps are NaN."""
    detector, rows = load_detector(model), scored_rows(split)
    asked = synthetic.behind(rows, len(split), "forest")
    scored = detector.score(Joined([images, synthetic.images]), asked, roi)
    return _as_datasets(split, synthetic, asked, scored, images.shape[1:3], detector.params)


def _cross_fit(
    training: TrainingSet,
    split: pd.DataFrame,
    synthetic: StandIns,
    detector: DetectorParams,
    seed: int,
    scratch: Path,
    encoders: ModelState | None = None,
) -> Scored:
    shares = encoders is None and issubclass(detector_class(detector.kind), FitsFolds)
    column = "fold" if shares else "network_fold"
    asked = synthetic.behind(np.flatnonzero(split["fold"] >= 0), len(split), "forest")
    held_out = HeldOut(training.images, asked, folds_of(split, synthetic, asked, column))

    def build(fold: int) -> Detector:
        encoder = None if encoders is None else state_of_fold(encoders, fold)
        return unfitted(detector, scratch.parent.name, encoder)

    folds = folds_of(split, synthetic, training.rows, column)
    identity = _content(split, synthetic) + ("" if encoders is None else digest(encoders))
    scored = cross_fit(
        build, training, folds, held_out, seed, scratch, identity, same_encoder=encoders is None
    )
    return _as_datasets(split, synthetic, asked, scored, training.images.shape[1:3], detector)


def _content(split: pd.DataFrame, synthetic: StandIns) -> str:
    """Tell apart what photographs and stand-ins show."""
    whole = hashlib.sha256("\n".join(split["sha256"]).encode())
    for row in synthetic.rows("forest"):
        whole.update(np.ascontiguousarray(synthetic.images[row]).tobytes())
    return whole.hexdigest()


def _as_datasets(
    split: pd.DataFrame,
    synthetic: StandIns,
    asked: NDArray[np.int64],
    scored: tuple[NDArray[np.float32], NDArray[np.float64]],
    size: tuple[int, ...],
    detector: DetectorParams,
) -> Scored:
    """Lay maps of photographs where these stand, NaN elsewhere; those of stand-ins apart."""
    (some, scores), count = scored, len(split)
    photographs = asked < count
    grid = np.full((count, *some.shape[1:]), np.nan, np.float32)
    grid[asked[photographs]] = some[photographs]
    names = synthetic.names_behind(split).iloc[asked].to_numpy()
    frame = pd.DataFrame({"image_id": names, "score": scores})
    maps = (AnomalyMaps.by(detector, g, size) for g in (grid, some[~photographs]))
    return *maps, frame

"""Nodes of the stage f2pad_refine."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from vadline.calibration import Calibration
from vadline.calibration.outcomes import REJECT
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, load_detector
from vadline.f2pad import (
    F2PADParams,
    PixelPrior,
    fit_pixel_prior,
    mask_threshold,
    reference_rows,
    refine,
    rows_to_refine,
    sample_pixels,
)
from vadline.f2pad.looks import looks
from vadline.splits import measured, scored_rows
from vadline.state import ModelState

Pictures = NDArray[np.uint8]


def learn_pixel_prior(
    images: NDArray[np.uint8],
    references: pd.DataFrame,
    roi: NDArray[np.bool_],
    model: ModelState,
    pixels: int,
    components: int,
    seed: int,
) -> ModelState:
    """Fit the mixture of colours that good parts have, and keep these as references."""
    goods = references["row"].to_numpy(np.int64, copy=True)
    sample = sample_pixels(images[goods], pixels, seed, roi)
    extractor = looks(load_detector(model), roi.shape)[0].detector.extractor
    normalised = extractor.normalise(torch.from_numpy(sample)[None, None])[0, :, 0].T
    prior = fit_pixel_prior(normalised.numpy(), components, seed)
    tensors = {"means": prior.means, "precisions": prior.precisions, "references": goods}
    return ModelState({name: torch.from_numpy(array) for name, array in tensors.items()})


def choose_threshold(
    maps: AnomalyMaps,
    synthetic_maps: AnomalyMaps,
    masks: NDArray[np.uint8],
    synthetic: StandIns,
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    rate: float,
) -> dict[str, float]:
    """Set the threshold of M0 on training images with masks, made ones where there are none."""
    rows = scored_rows(split)
    rows = rows[(~split["test"] & split["mask_known"]).to_numpy()[rows]]
    made = synthetic.rows("forest")
    known = itertools.chain(
        ((pixels, masks[some]) for some, pixels in maps.chunks(rows)),
        (
            (pixels, synthetic.masks[made[some]])
            for some, pixels in synthetic_maps.chunks(np.arange(len(made)))
        ),
    )
    has_defects = len(made) > 0 or bool((split["label"].iloc[rows] == "bad").any())
    return {"threshold": mask_threshold(known, has_defects, rate, roi)}


def choose_parts(
    scores: pd.DataFrame,
    calibration: dict[str, Any],
    split: pd.DataFrame,
    most: int | None,
    references: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the parts that the line rejects, and good ones to hold them against.

    No part is its own reference. Where no good part is left to set a threshold, all are chosen.
    """
    score = scores.set_index("image_id")[calibration["setup"]].reindex(split["image_id"])
    decided = Calibration.from_dict(calibration).decide(score.to_numpy())
    rejected = (decided["decision"] == REJECT) | decided["threshold"].isna()
    rows = rows_to_refine(measured(split) & rejected.to_numpy(), most, seed)
    learnt = np.flatnonzero(split["detector"])
    others = np.setdiff1d(learnt, rows)
    held_against = reference_rows(others if len(others) else learnt, references, seed)
    chosen = (split[["image_id"]].iloc[some].assign(row=some) for some in (rows, held_against))
    return tuple(chosen)


def refine_masks(
    images: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    prior: ModelState,
    model: ModelState,
    maps: AnomalyMaps,
    threshold: dict[str, float],
    parts: pd.DataFrame,
    f2pad: F2PADParams,
) -> tuple[Pictures, Pictures, Pictures, Pictures, pd.DataFrame]:
    """Refine the masks of the chosen parts."""
    rows = parts["row"].to_numpy(np.int64)
    result = refine(
        images[rows],
        maps.pixels(rows),
        threshold["threshold"],
        load_detector(model),
        PixelPrior(prior.tensors["means"].numpy(), prior.tensors["precisions"].numpy()),
        images[prior.tensors["references"].numpy()],
        f2pad,
        roi,
    )
    log = result.log.assign(row=rows, image_id=parts["image_id"].to_numpy())
    masks = result.masks, result.initial_masks, result.painted_masks
    return *masks, result.recovered, log

"""Nodes of the stage f2pad_refine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from vadline.config.tree import DecideParams
from vadline.detectors import load_detector, parse_detector, upsample_and_blur
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
from vadline.metrics import known_chunks
from vadline.splits import known_masks, scored_rows
from vadline.state import ModelState


def learn_pixel_prior(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    model: ModelState,
    f2pad: dict[str, Any],
    seed: int,
) -> ModelState:
    """Fit the mixture of colours that good parts have."""
    params = F2PADParams(**f2pad)
    goods = reference_rows(np.flatnonzero(split["detector"]), params.references, seed)
    pixels = sample_pixels(images[goods], params.prior_pixels, seed)
    extractor = load_detector(model).extractor
    normalised = extractor.normalise(torch.from_numpy(pixels)[None, None])[0, :, 0].T
    prior = fit_pixel_prior(normalised.numpy(), params.prior_components, seed)
    tensors = {"means": prior.means, "precisions": prior.precisions}
    return ModelState({name: torch.from_numpy(array) for name, array in tensors.items()})


def choose_threshold(
    maps: NDArray[np.float32],
    synthetic_maps: NDArray[np.float32],
    masks: NDArray[np.uint8],
    synthetic_masks: NDArray[np.uint8],
    synthetic: pd.DataFrame,
    manifest: pd.DataFrame,
    split: pd.DataFrame,
    detector: dict[str, Any],
) -> dict[str, float]:
    """Set the threshold of M0 on training images with masks, made ones where there are none."""
    sigma = parse_detector(detector).blur_sigma
    rows = scored_rows(split)
    rows = rows[~split["test"].to_numpy()[rows] & known_masks(manifest)[rows]]
    made = np.flatnonzero(synthetic["role"] == "forest")
    stacked = np.concatenate([maps[rows], synthetic_maps])
    truth = np.concatenate([masks[rows], synthetic_masks[made]])
    chunks = known_chunks(
        stacked, truth, upsample=lambda m: upsample_and_blur(m, masks.shape[1], sigma)
    )
    return {"threshold": mask_threshold(chunks, bool(truth.any()))}


def refine_masks(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    prior: ModelState,
    model: ModelState,
    maps: NDArray[np.float32],
    scores: pd.DataFrame,
    threshold: dict[str, float],
    f2pad: dict[str, Any],
    decide: dict[str, Any],
    seed: int,
) -> tuple[NDArray[np.uint8], ...]:
    """Refine the masks of test parts that the detector calls bad."""
    params, detector = F2PADParams(**f2pad), load_detector(model)
    score = scores.set_index("image_id")["score"].reindex(split["image_id"]).to_numpy()
    rows = rows_to_refine(
        score,
        split["calibration"].to_numpy(),
        split["test"].to_numpy(),
        DecideParams(**decide).false_reject_rate,
        params.max_images,
        seed,
    )
    goods = reference_rows(np.flatnonzero(split["detector"]), params.references, seed)
    result = refine(
        images[rows],
        upsample_and_blur(maps[rows], images.shape[1], detector.params.blur_sigma),
        threshold["threshold"],
        detector,
        PixelPrior(prior.tensors["means"].numpy(), prior.tensors["precisions"].numpy()),
        images[goods],
        params,
        seed,
    )
    log = result.log.assign(row=rows, image_id=split["image_id"].to_numpy()[rows])
    masks = result.masks, result.initial_masks, result.painted_masks
    return *masks, result.recovered, log

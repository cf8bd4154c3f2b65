"""Nodes of the stage memory_bank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.detectors import Detector, TrainingSet, detector_class, parse_detector
from vadline.splits import labelled_set
from vadline.state import ModelState


def fit(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    detector: dict[str, Any],
    backbone: dict[str, Any],
    seed: int,
    encoder: ModelState | None = None,
    *,
    name: str,
) -> ModelState:
    """Learn what normal looks like, with pretrained or fine-tuned features."""
    training = TrainingSet(images, np.flatnonzero(split["detector"]), roi=roi)
    return _unfitted(detector, backbone, name, encoder).fit(training, seed).state()


def fit_supervised(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    manifest: pd.DataFrame,
    split: pd.DataFrame,
    synthetic_images: NDArray[np.uint8],
    synthetic_masks: NDArray[np.uint8],
    synthetic: pd.DataFrame,
    roi: NDArray[np.bool_],
    detector: dict[str, Any],
    backbone: dict[str, Any],
    seed: int,
    *,
    name: str,
    role: str,
) -> ModelState:
    """Learn from good and from known bad parts."""
    data = labelled_set(
        images, masks, manifest, split, synthetic_images, synthetic_masks, synthetic, role
    )
    rows, bad = np.arange(len(data.images)), data.labels.astype(bool)
    training = TrainingSet(data.images, rows, bad, data.masks, data.mask_known, roi)
    return _unfitted(detector, backbone, name).fit(training, seed).state()


def _unfitted(
    detector: dict[str, Any], backbone: dict[str, Any], name: str, encoder: ModelState | None = None
) -> Detector:
    params = parse_detector(detector)
    net = params.backbone or BackboneParams(**backbone)
    weights = None if encoder is None else encoder.tensors
    return detector_class(params.kind).build(params, net, name, weights)

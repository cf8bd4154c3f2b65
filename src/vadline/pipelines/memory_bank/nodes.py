"""Nodes of the stage memory_bank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import build_extractor, pick_device
from vadline.backbones.weights import load_into
from vadline.detectors import PatchCore
from vadline.params import BackboneParams, DetectorParams
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
    params, net = DetectorParams(**detector), BackboneParams(**backbone)
    extractor = build_extractor(net.name, params.layers, net.weights)
    if encoder is not None:
        load_into(extractor.body, encoder.tensors, "The fine-tuned encoder")
    extractor.to(pick_device(params.device))
    model = PatchCore(extractor, net.name, params.patchcore(), name)
    return model.fit(images, np.flatnonzero(split["detector"]), seed, roi).state()

"""Nodes of the stage apc_finetune."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams, train_apc
from vadline.backbones import BackboneParams, pick_device
from vadline.splits import labelled_set
from vadline.state import ModelState


def finetune(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    manifest: pd.DataFrame,
    split: pd.DataFrame,
    synthetic_images: NDArray[np.uint8],
    synthetic_masks: NDArray[np.uint8],
    synthetic: pd.DataFrame,
    apc: dict[str, Any],
    backbone: dict[str, Any],
    seed: int,
    checkpoint: Path,
) -> tuple[ModelState, pd.DataFrame]:
    """Fine-tune the extractor; goes on from the last epoch of an interrupted run."""
    net = BackboneParams(**backbone)
    data = labelled_set(
        images, masks, manifest, split, synthetic_images, synthetic_masks, synthetic
    )
    result = train_apc(
        data.images,
        data.labels,
        data.masks,
        data.mask_known,
        params=APCParams(**apc),
        backbone=net.name,
        weights=net.weights,
        seed=seed,
        checkpoint=checkpoint,
        fingerprint=data.fingerprint,
        device=str(pick_device("auto")),
    )
    return ModelState(result.encoder_state, {"backbone": net.name}), result.history

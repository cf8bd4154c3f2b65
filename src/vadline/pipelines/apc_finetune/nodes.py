"""Nodes of the stage apc_finetune."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams, train_apc
from vadline.backbones import pick_device
from vadline.defects.stand_ins import StandIns
from vadline.splits import training_set
from vadline.state import ModelState


def finetune(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    apc: APCParams,
    seed: int,
    checkpoint: Path,
) -> tuple[ModelState, pd.DataFrame]:
    """Fine-tune the extractor; goes on from the last epoch of an interrupted run."""
    training = training_set(images, masks, roi, split, synthetic)
    result = train_apc(training, apc, seed, checkpoint, device=str(pick_device("auto")))
    return ModelState(result.encoder_state, {"backbone": apc.network().name}), result.history

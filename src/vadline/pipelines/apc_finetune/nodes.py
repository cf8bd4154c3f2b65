"""Nodes of the stage apc_finetune."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams, train_apc, train_apc_folds
from vadline.backbones import pick_device
from vadline.defects.stand_ins import StandIns
from vadline.splits import folds_of, training_set
from vadline.state import ModelState, joined_states


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
    """Fine-tune the extractor that is kept; goes on from an interrupted run's last epoch."""
    training = training_set(images, masks, roi, split, synthetic)
    result = train_apc(training, apc, seed, checkpoint, device=str(pick_device("auto")))
    return ModelState(result.encoder_state, {"backbone": apc.network().name}), result.history


def finetune_folds(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    apc: APCParams,
    seed: int,
    checkpoints: Path,
) -> ModelState:
    """Fine-tune an extractor for each fold, which has not seen it; goes on likewise."""
    training = training_set(images, masks, roi, split, synthetic)
    folds = folds_of(split, synthetic, training.rows, "network_fold")
    device = str(pick_device("auto"))
    encoders = train_apc_folds(training, folds, apc, seed, checkpoints, device=device)
    return joined_states(encoders, {"backbone": apc.network().name})

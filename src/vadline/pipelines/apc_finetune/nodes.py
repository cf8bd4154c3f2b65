"""Nodes of the stage apc_finetune."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams, train_apc, train_apc_folds
from vadline.apc.folds import told
from vadline.backbones import pick_device
from vadline.defects.stand_ins import StandIns
from vadline.splits import folds_of, training_set
from vadline.state import ModelState, joined_states

_FINAL = "final.safetensors"


def finetune(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    apc: APCParams,
    seed: int,
    checkpoints: Path,
) -> tuple[ModelState, pd.DataFrame]:
    """Fine-tune the network that is kept; goes on from an interrupted run's last epoch."""
    training = training_set(images, masks, roi, split, synthetic)
    path, device = checkpoints / _FINAL, str(pick_device("auto"))
    result = train_apc(training, apc, seed, path, device=device)
    return result.network, result.history


def finetune_folds(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    apc: APCParams,
    seed: int,
    checkpoints: Path,
) -> tuple[ModelState, pd.DataFrame, ModelState]:
    """Fine-tune a network for each fold, which has not seen it, and then the one that is kept.

    The latter is trained for as many epochs as held-out parts gained by.
    """
    training = training_set(images, masks, roi, split, synthetic)
    folds = folds_of(split, synthetic, training.rows, "network_fold")
    device = str(pick_device("auto"))
    of_folds = train_apc_folds(training, folds, apc, seed, checkpoints, device=device)
    held_out = of_folds.held_out
    best = int(held_out.loc[held_out["kept"], "epoch"].item())
    length = apc.model_copy(update={"epochs": best})
    result = train_apc(training, length, seed, checkpoints / _FINAL, device=device)
    history = result.history.merge(held_out, on="epoch", how="outer")
    return told(result.network, held_out), history, joined_states(of_folds.networks)

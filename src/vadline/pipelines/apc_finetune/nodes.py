"""Nodes of the stage apc_finetune."""

from __future__ import annotations

import logging
import math
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

logger = logging.getLogger(__name__)

_FINAL = "final.safetensors"
_SECONDS = 0.5  # of a batch of 8 photographs of 256 x 256 pixels, on two usual cores
_WORTH_TELLING = 3  # minutes


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
    if device == "cpu":
        _tell_time(apc, len(np.unique(folds)))
    of_folds = train_apc_folds(training, folds, apc, seed, checkpoints, device=device)
    held_out = of_folds.held_out
    best = int(held_out.loc[held_out["kept"], "epoch"].item())
    length = apc.model_copy(update={"epochs": best})
    result = train_apc(training, length, seed, checkpoints / _FINAL, device=device)
    history = result.history.merge(held_out, on="epoch", how="outer")
    return told(result.network, held_out), history, joined_states(of_folds.networks)


def _tell_time(apc: APCParams, folds: int) -> None:
    """Say what the fine-tuning will take, where one may rather do without for a first look."""
    if apc.steps_per_epoch is None:  # as many as the photographs need
        return
    batches = apc.epochs * apc.steps_per_epoch * (folds + 1)
    minutes = math.ceil(batches * _SECONDS / 60)
    if minutes > _WORTH_TELLING:
        logger.info(
            "APC: up to %d batches of fine-tuning, some %d minutes on two CPU cores; "
            '--params "line.detectors=patchcore padim" does without, for a first look',
            *(batches, minutes),
        )

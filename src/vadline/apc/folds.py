"""A network for every fold, which has seen no image of it, and how far training helps."""

from __future__ import annotations

import logging
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc.batches import BatchMaker
from vadline.apc.checkpoint import keep_best, read_network
from vadline.apc.held_out import HeldOut, summarise_held_out
from vadline.apc.network import new_network
from vadline.apc.params import APCParams
from vadline.apc.preparing import prepared
from vadline.apc.said import HELD_OUT_AUROC
from vadline.apc.training import train_apc
from vadline.backbones import fixed_threads
from vadline.detectors import TrainingSet
from vadline.state import ModelState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class APCFolds:
    """What the folds' trainings leave.

    Attributes
    ----------
    networks : dict of int to ModelState
        For each fold; as pretrained, with heads that say nothing, where the other folds have no
        bad image to learn from.
    held_out : DataFrame
        A row per epoch: how the folds' networks judge what they have not seen, see
        :func:`vadline.apc.held_out.summarise_held_out`, and ``kept``, bool: the epoch that
        ``networks`` are of, where the classification ranks best (its loss rises while it still
        learns to rank); the last where that cannot be told.
    """

    networks: dict[int, ModelState]
    held_out: pd.DataFrame


def train_apc_folds(
    training: TrainingSet,
    folds: NDArray[np.int64],
    params: APCParams,
    seed: int,
    folder: Path | None = None,
    *,
    device: str = "cpu",
) -> APCFolds:
    """Fine-tune a network for each fold, on the images of all others, all folds epoch by epoch.

    Training ends after ``params.patience`` epochs in which held-out parts, of all folds together,
    are ranked no better. One number is chosen, so that a fold's images hardly have a say in it.

    Parameters
    ----------
    training : TrainingSet
        Good and bad images, as for :func:`train_apc`.
    folds : ndarray, int64, shape (n,)
        Of ``training.rows``.
    folder : Path, optional
        Where each fold's training keeps its state, to go on from after a kill.

    Raises
    ------
    VadlineError
        As :func:`train_apc`.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            return train_apc_folds(training, folds, params, seed, Path(scratch), device=device)
    every = np.unique(folds).tolist()
    sets = {fold: training.without(folds == fold) for fold in every}
    with fixed_threads(params.threads):  # once, not in every epoch
        sets = {fold: prepared(rest, params, seed)[0] for fold, rest in sets.items()}
        training, parts = prepared(training, params, seed)
        folds = folds[parts]
    taught = [fold for fold, rest in sets.items() if rest.bad is not None and rest.bad.any()]
    for fold in set(every) - set(taught):
        logger.info("APC: fold %d is left no bad part to learn from: as pretrained", fold)
    logger.info("APC: %d folds, each takes as long as the final training", len(taught))
    maker = BatchMaker(training, params, seed)
    judges = {fold: HeldOut(maker, folds == fold) for fold in taught}
    for epoch in range(1, params.epochs + 1):
        found = [
            train_apc(
                sets[fold],
                params,
                seed,
                _last(folder, fold),
                device=device,
                name=f"APC fold {fold + 1}/{len(every)}",
                stop=epoch,
                judge=judges[fold],
            ).held_out
            for fold in taught
        ]
        curve = summarise_held_out(found, epoch)
        best = _best(curve)
        for fold in taught if best == epoch else ():
            keep_best(_last(folder, fold), _kept(folder, fold), epoch)
        if params.patience is not None and epoch - best >= params.patience:
            logger.info("APC: held-out parts gain nothing after epoch %d, of %d", best, epoch)
            break
    networks = {fold: new_network(params, seed).state() for fold in set(every) - set(taught)}
    networks |= {fold: read_network(_kept(folder, fold), params) for fold in taught}
    curve = curve.assign(kept=curve["epoch"] == best)
    return APCFolds({fold: told(each, curve) for fold, each in networks.items()}, curve)


def told(network: ModelState, held_out: pd.DataFrame) -> ModelState:
    """Put into a network's state what `APCFolds.held_out` says that its classification is worth."""
    worth = float(held_out.loc[held_out["kept"], "held_out_auroc"].item())
    known = {} if math.isnan(worth) else {HELD_OUT_AUROC: worth}
    return ModelState(network.tensors, {**network.config, **known})


def _last(folder: Path, fold: int) -> Path:
    return folder / f"fold_{fold}.safetensors"


def _kept(folder: Path, fold: int) -> Path:
    return folder / f"fold_{fold}_best.safetensors"


def _best(curve: pd.DataFrame) -> int:
    """Return the epoch of the highest AUROC, of the lowest loss among equals; or the last one."""
    if curve["held_out_loss"].isna().any():
        return int(curve["epoch"].iloc[-1])
    ranked = curve.sort_values(["held_out_auroc", "held_out_loss"], ascending=[False, True])
    return int(ranked["epoch"].iloc[0])

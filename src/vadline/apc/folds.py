"""An encoder for every fold, which has seen no image of it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vadline.apc.network import encoder_layers
from vadline.apc.params import APCParams
from vadline.apc.training import encoder_state, train_apc
from vadline.backbones import build_extractor
from vadline.detectors import TrainingSet

logger = logging.getLogger(__name__)


def train_apc_folds(
    training: TrainingSet,
    folds: NDArray[np.int64],
    params: APCParams,
    seed: int,
    folder: Path | None = None,
    *,
    device: str = "cpu",
) -> dict[int, dict[str, Tensor]]:
    """Fine-tune an extractor for each fold, on the images of all others.

    Parameters
    ----------
    training : TrainingSet
        Good and bad images, as for :func:`train_apc`.
    folds : ndarray, int64, shape (n,)
        Of ``training.rows``.
    folder : Path, optional
        Where each fold's training keeps its state, to go on from after a kill.

    Returns
    -------
    dict of int to state
        For each fold a dict of str to Tensor, the state of ``FeatureExtractor.body``, on the CPU;
        as pretrained where the other folds have no bad image to learn from.

    Raises
    ------
    VadlineError
        As :func:`train_apc`.
    """
    states = {}
    every = np.unique(folds)
    logger.info("APC: %d fold encoders, each takes as long as the final one", len(every))
    for fold in every.tolist():
        rest = training.without(folds == fold)
        if rest.bad is None or not rest.bad.any():
            logger.info("APC: fold %d is left no bad part to learn from: as pretrained", fold)
            states[fold] = _pretrained(params)
            continue
        place = None if folder is None else folder / f"fold_{fold}.safetensors"
        states[fold] = train_apc(
            rest, params, seed, place, device=device, name=f"APC fold {fold + 1}/{len(every)}"
        ).encoder_state
    return states


def _pretrained(params: APCParams) -> dict[str, Tensor]:
    net = params.network()
    layers = encoder_layers(params.skips)
    return encoder_state(build_extractor(net.name, layers, net.weights, net.sha256))

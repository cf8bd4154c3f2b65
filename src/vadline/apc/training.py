"""Fine-tuning the feature extractor: the loop over epochs, resumable after each."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from vadline.apc.batches import BatchMaker, FinetuneBatch
from vadline.apc.checkpoint import load_checkpoint, save_checkpoint
from vadline.apc.held_out import HeldOut, Judged
from vadline.apc.losses import batch_losses
from vadline.apc.network import APCNetwork, new_network
from vadline.apc.params import APCParams
from vadline.apc.preparing import prepared
from vadline.apc.sampling import check_both_classes, steps_in_epoch
from vadline.backbones import BackboneParams, fixed_threads
from vadline.detectors import TrainingSet
from vadline.errors import VadlineError
from vadline.progress import progress
from vadline.state import ModelState

HISTORY_COLUMNS = ("epoch", "loss", "loss_cls", "loss_segm", "loss_recon", "seconds")


@dataclass(frozen=True)
class APCResult:
    """What the fine-tuning leaves.

    Attributes
    ----------
    network : ModelState
        Encoder, decoder and heads; see :func:`vadline.apc.network.network_from`.
    history : DataFrame
        A row per epoch: ``epoch`` from 1, ``loss`` (weighted total), ``loss_cls``, ``loss_segm``,
        ``loss_recon`` (unweighted, means over the steps; NaN where the task is off), ``seconds``.
    held_out : list
        What ``judge`` said after each epoch.
    """

    network: ModelState
    history: pd.DataFrame
    held_out: list[Judged]


def train_apc(
    training: TrainingSet,
    params: APCParams,
    seed: int,
    checkpoint: Path | None = None,
    *,
    device: str = "cpu",
    name: str = "APC",
    stop: int | None = None,
    judge: HeldOut | None = None,
) -> APCResult:
    """Fine-tune a feature extractor with normal and a few anomalous images (APC, section 4).

    The same arguments give the same result, on a CPU to the last bit and with
    ``params.threads`` threads whatever its cores, whether or not the run was interrupted and
    resumed. The last epoch's state is returned: which one that is,
    :func:`vadline.apc.folds.train_apc_folds` can tell.

    Parameters
    ----------
    training : TrainingSet
        Images of at least 32 pixels each way; those drawn for a batch are in memory, no more. Bad
        ones without a known mask train the classification and the reconstruction only. Pixels
        outside of the region of interest count in neither masks nor losses, and no defect is cut
        or pasted there.
    seed : int
        Of the decoder's weights, the draws and the augmentation; non-negative.
    checkpoint : Path, optional
        Written after each epoch; training goes on from it when it belongs to these arguments
        (``params.epochs`` may have grown), and starts afresh when it does not. The images' content
        is known by ``training.fingerprint``.
    name : str
        What the progress bar says.
    stop : int, optional
        Train up to this epoch for now, or as far as the checkpoint already is.
    judge : HeldOut, optional
        Asked about the network after each epoch; no part of the training.

    Raises
    ------
    VadlineError
        If a class is missing, or the loss stops being finite.
    """
    with fixed_threads(params.threads):
        return _train(training, params, seed, checkpoint, device, name, stop, judge)


def _train(
    training: TrainingSet,
    params: APCParams,
    seed: int,
    checkpoint: Path | None,
    device: str,
    name: str,
    stop: int | None,
    judge: HeldOut | None,
) -> APCResult:
    maker = BatchMaker(prepared(training, params, seed)[0], params, seed)
    check_both_classes(maker.labels)  # before any weights are read
    network = new_network(params, seed)
    network = network.to(device).to(memory_format=torch.channels_last).train()
    optimiser = _optimiser(network, params)
    identity = _identity(maker, params.network())
    history = []
    if checkpoint is not None:
        history = load_checkpoint(
            checkpoint, network, optimiser, fingerprint=identity, epochs=params.epochs
        )
    steps = params.steps_per_epoch or steps_in_epoch(maker.labels, params.batch_size)
    remaining = range(len(history) + 1, (stop or params.epochs) + 1)
    with progress(total=len(remaining) * steps, desc=name, unit="batch") as bar:
        for epoch in remaining:
            bar.set_description(f"{name} epoch {epoch}/{params.epochs}", refresh=False)
            batches = maker.epoch(epoch, steps)
            history.append({"epoch": epoch, **train_one_epoch(network, optimiser, batches, bar)})
            if judge is not None:
                history[-1]["held_out"] = judge(network)
            if checkpoint is not None:
                save_checkpoint(checkpoint, network, optimiser, history, identity)
    table = pd.DataFrame(history, columns=list(HISTORY_COLUMNS))
    return APCResult(network.state(), table, [each.get("held_out", []) for each in history])


def train_one_epoch(
    network: APCNetwork,
    optimiser: torch.optim.Optimizer,
    batches: Iterable[FinetuneBatch],
    bar: tqdm,
) -> dict[str, float]:
    """Take one optimiser step per batch; ``bar`` is told the running mean of the loss.

    Returns
    -------
    dict of str to float
        ``seconds``, and ``loss``, ``loss_cls``, ``loss_segm``, ``loss_recon``: means over the
        batches.

    Raises
    ------
    VadlineError
        If the loss is not finite.
    """
    started = time.perf_counter()
    sums, count = np.zeros(4), 0
    for batch in batches:
        _, losses = batch_losses(network, batch)
        optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        optimiser.step()
        values = [math.nan if term is None else term.item() for term in losses]
        if not math.isfinite(values[0]):
            raise VadlineError(
                f"APC's loss is {values[0]} after {count} batches: set a lower apc.lr "
                f"(now {network.params.lr})."
            )
        sums, count = sums + values, count + 1
        bar.set_postfix(loss=f"{sums[0] / count:.3f}", refresh=False)
        bar.update()
    means = dict(zip(HISTORY_COLUMNS[1:5], (sums / count).tolist(), strict=True))
    return {**means, "seconds": time.perf_counter() - started}


def _optimiser(network: APCNetwork, params: APCParams) -> torch.optim.AdamW:
    encoder = list(network.encoder.parameters())
    decoder = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    groups = [
        {"params": encoder, "lr": params.lr},
        {"params": decoder, "lr": params.lr * params.decoder_lr_factor},
    ]
    return torch.optim.AdamW(groups, weight_decay=params.weight_decay)


def _identity(maker: BatchMaker, net: BackboneParams) -> str:
    """Hash what determines the training, but for the images' content and the length."""
    training = maker.training
    settings = maker.params.model_dump(mode="json", exclude={"epochs", "backbone"})
    given = training.fingerprint, net.name, net.weights, maker.seed
    shape = len(training.rows), *training.images.shape[1:]
    digest = hashlib.sha256(json.dumps([settings, given, shape], sort_keys=True).encode())
    digest.update(maker.labels.tobytes())
    digest.update(maker.mask_known.tobytes())
    if maker.roi is not None:
        digest.update(maker.roi.tobytes())
    return digest.hexdigest()

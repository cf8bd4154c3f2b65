"""APC's training state on disk: weights, AdamW's moments and the history, without pickle."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vadline.apc.network import as_state
from vadline.apc.params import APCParams
from vadline.state import ModelState

logger = logging.getLogger(__name__)

FORMAT = "vadline-apc-2"

# AdamW's state of one parameter; "step" is a scalar, the others have the parameter's shape.
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_NETWORK = "network."

History = list[dict[str, Any]]


def save_checkpoint(
    path: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    history: History,
    fingerprint: str,
) -> None:
    """Write the state after an epoch; whoever reads ``path`` sees the old file or the new one.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file; its folder is made if it is missing.
    optimiser : torch.optim.AdamW
        Over ``network.parameters()``, each of which has had a step.
    history : list of dict
        A record per finished epoch.
    fingerprint : str
        What the state was trained on and how.
    """
    tensors = {f"{_NETWORK}{name}": value for name, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        for moment in _MOMENTS:
            tensors[f"adamw.{name}.{moment}"] = optimiser.state[parameter][moment]
    metadata = {"format": FORMAT, "fingerprint": fingerprint, "history": json.dumps(history)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    # safetensors holds plain row-major tensors only; ours may be channels-last.
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    save_file(plain, temporary, metadata=metadata)
    os.replace(temporary, path)


def load_checkpoint(
    path: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    fingerprint: str,
    epochs: int,
) -> History:
    """Restore a state that this very training left, or leave everything as it is.

    A file is not used where its fingerprint is another or it holds more than ``epochs`` finished
    epochs; why is logged. ``network`` and ``optimiser`` are as built for a fresh start.

    Returns
    -------
    list of dict
        A record per finished epoch; empty when training starts afresh.
    """
    if not path.exists():
        return []
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError:
        return _afresh(path, "it cannot be read")
    if metadata.get("format") != FORMAT:
        return _afresh(path, "it has another format")
    if metadata["fingerprint"] != fingerprint:
        return _afresh(path, "it was trained on other data or with other settings")
    history: History = json.loads(metadata["history"])
    if len(history) > epochs:
        return _afresh(path, f"it holds {len(history)} epochs, and {epochs} are wanted")
    _restore(tensors, network, optimiser)
    logger.info("APC resumes after epoch %d from %s.", len(history), path)
    return history


def keep_best(path: Path, best: Path, epoch: int) -> None:
    """Copy a checkpoint that holds just ``epoch`` epochs, aside and whole or not at all.

    One that holds more went on from there: it was copied then.
    """
    with safe_open(path, framework="pt") as file:
        if len(json.loads(file.metadata()["history"])) > epoch:
            return
    temporary = best.with_name(best.name + ".tmp")
    shutil.copyfile(path, temporary)
    os.replace(temporary, best)


def read_network(path: Path, params: APCParams) -> ModelState:
    """Return the network that a checkpoint holds, as :meth:`APCNetwork.state` gives it."""
    with safe_open(path, framework="pt") as file:
        tensors = {
            name.removeprefix(_NETWORK): file.get_tensor(name)
            for name in file.keys()  # noqa: SIM118
            if name.startswith(_NETWORK)
        }
    return as_state(tensors, params)


def _afresh(path: Path, reason: str) -> History:
    logger.warning("APC starts afresh: checkpoint %s is not used, %s.", path, reason)
    return []


def _restore(
    tensors: dict[str, Tensor], network: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    network.load_state_dict({name: tensors[f"{_NETWORK}{name}"] for name in network.state_dict()})
    for name, parameter in network.named_parameters():
        step, *moments = (tensors[f"adamw.{name}.{moment}"] for moment in _MOMENTS)
        # The moments take the parameter's own memory layout, as the optimiser would make them:
        # the arithmetic, and so the result, is the same to the last bit.
        like = [torch.empty_like(parameter).copy_(moment) for moment in moments]
        state = dict(zip(_MOMENTS, (step.to(parameter.device), *like), strict=True))
        optimiser.state[parameter] = state

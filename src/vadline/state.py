"""What a fitted model is when it rests: named tensors and the settings it was built with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class ModelState:
    """A model as data, saved without pickle.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Weights, memory bank and the like, by name.
    config : dict
        Plain JSON values: whatever is needed to build the model before the tensors are put in.
    """

    tensors: Mapping[str, Tensor]
    config: dict[str, Any] = field(default_factory=dict)


def joined_states(folds: Mapping[int, ModelState]) -> ModelState:
    """Put the models of several folds, equally built, into one; see :func:`state_of_fold`."""
    tensors = {
        f"{fold}/{name}": tensor
        for fold, each in folds.items()
        for name, tensor in each.tensors.items()
    }
    return ModelState(tensors, next(iter(folds.values())).config)


def state_of_fold(state: ModelState, fold: int) -> ModelState:
    """Return one fold's model out of a state that :func:`joined_states` made."""
    start = f"{fold}/"
    own = {k.removeprefix(start): v for k, v in state.tensors.items() if k.startswith(start)}
    return ModelState(own, state.config)


def digest(state: ModelState) -> str:
    """Tell states apart by their tensors' values."""
    whole = hashlib.sha256()
    for name, tensor in sorted(state.tensors.items()):
        whole.update(f"{name} {tuple(tensor.shape)}".encode())
        whole.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()

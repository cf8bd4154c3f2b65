"""What a fitted model of anomalib's consists of, and putting it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vadline.errors import VadlineError

_ATTRIBUTE = "attribute:"


def plain_attributes(network: nn.Module) -> dict[str, Any]:
    """Collect by path what submodules keep outside of their state dict: tensors, numbers, text."""
    return {
        f"{path}.{key}": value
        for path, module in network.named_modules()
        if path  # a Lightning module itself holds its trainer's affairs
        for key, value in vars(module).items()
        if not key.startswith("_") and key != "training" and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(v, int | float) for v in value)
    return isinstance(value, Tensor | bool | int | float) or type(value) is str


def lay_out(network: nn.Module) -> None:
    """Bring what training computed into the layout that a saved model has, in place.

    Rounding depends on it; weights keep theirs, which the network's construction gives them.
    """
    for module in network.modules():
        for key, value in module._buffers.items():
            if value is not None:
                module._buffers[key] = value.detach().contiguous()


def learnt_attributes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tell which of two :func:`plain_attributes` training has set.

    Returns
    -------
    tensors : dict of str to Tensor
        Under the names by which a saved model keeps them.
    values : dict of str to value
        JSON values.
    """
    changed = {k: v for k, v in after.items() if k not in before or not _same(before[k], v)}
    tensors = {f"{_ATTRIBUTE}{k}": v.detach() for k, v in changed.items() if isinstance(v, Tensor)}
    values = {k: v for k, v in changed.items() if not isinstance(v, Tensor)}
    return tensors, {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and torch.equal(one.cpu(), other.cpu())
    return type(one) is type(other) and one == other


def put_back(
    network: nn.Module, tensors: Mapping[str, Tensor], values: Mapping[str, Any], source: str
) -> None:
    """Set parameters, buffers and plain attributes by name, whatever their shape was.

    A memory bank is as large as training made it, so that the state dict of an unfitted network
    says nothing about its shape. ``values`` are from :func:`learnt_attributes`.

    Raises
    ------
    VadlineError
        If the names are not the network's, as with another release of anomalib.
    """
    state = {k: v for k, v in tensors.items() if not k.startswith(_ATTRIBUTE)}
    missing = sorted(set(network.state_dict()) - set(state))
    try:
        for name, value in state.items():
            _set_tensor(network, name, value)
        for name, value in tensors.items():
            if name.startswith(_ATTRIBUTE):
                _set(network, name.removeprefix(_ATTRIBUTE), value)
        for name, value in values.items():
            _set(network, name, tuple(value) if isinstance(value, list) else value)
    except AttributeError as error:
        missing = missing or [str(error)]
    if missing:
        raise VadlineError(
            f"{source} does not fit the installed anomalib ({missing[0]}): install the release "
            "that it was trained with, or train again."
        )


def _owner(network: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, key = name.rpartition(".")
    return network.get_submodule(path), key


def _set(network: nn.Module, name: str, value: Any) -> None:
    module, key = _owner(network, name)
    setattr(module, key, value)


@torch.no_grad()
def _set_tensor(network: nn.Module, name: str, value: Tensor) -> None:
    module, key = _owner(network, name)
    own = module._parameters.get(key, module._buffers.get(key))
    if own is not None and own.shape == value.shape and own.dtype == value.dtype:
        own.copy_(value)  # keeps the memory layout, and with it every bit of what is computed
    elif key in module._parameters:
        module._parameters[key] = nn.Parameter(value.clone(), requires_grad=False)
    elif key in module._buffers:
        module._buffers[key] = value.clone()
    else:
        raise AttributeError(name)

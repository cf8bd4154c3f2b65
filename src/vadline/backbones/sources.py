"""Which network a backbone's name means, and where its pretrained weights are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import timm
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import PretrainedCfg
from torch import Tensor
from torchvision.models import get_model, get_model_weights

from vadline.errors import VadlineError

BUNDLED = "efficientnet_lite0"
MOCO = "moco_v3_resnet50"

_MOCO_URL = "https://dl.fbaipublicfiles.com/moco-v3/r-50-1000ep/r-50-1000ep.pth.tar"
_PREFIX = "torchvision/"
_RESNETS = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d"),
)
_EFFICIENTNETS = tuple(f"efficientnet_b{i}" for i in range(8))
_TORCHVISION = tuple(f"{_PREFIX}{name}" for name in _RESNETS + _EFFICIENTNETS)
# The names of DINOv2's own hub, for timm's.
_DINO = {
    f"dinov2_vit{size[0]}14{reg}": f"vit_{size}_patch14{timm_reg}_dinov2.lvd142m"
    for size in ("small", "base", "large")
    for reg, timm_reg in (("", ""), ("_reg", "_reg4"))
}


@dataclass(frozen=True)
class Source:
    """A network and its pretrained weights.

    Attributes
    ----------
    name : str
        As the user writes it.
    architecture : str
        timm's name of the network, where its weights are timm's with their tag.
    mean, std : tuple of float
        Of the training images, per channel, in units of the full range (0 to 1).
    url : str or None
        Of the checkpoint; None where it is bundled or timm's own.
    licence : str or None
        Of the checkpoint, where the user must be told.
    options : mapping
        Further arguments of the network's constructor.
    """

    name: str
    architecture: str
    mean: tuple[float, ...] = IMAGENET_DEFAULT_MEAN
    std: tuple[float, ...] = IMAGENET_DEFAULT_STD
    url: str | None = None
    licence: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def find_source(name: str) -> Source:
    """Look a backbone up by its name; nothing is built or downloaded.

    See :func:`vadline.backbones.building.build_extractor` for the names.

    Raises
    ------
    VadlineError
        If no backbone has this name.
    """
    if name == BUNDLED:  # its weights were trained on pixels scaled to -1 .. 1
        return Source(name, "tf_efficientnet_lite0", (0.5,) * 3, (0.5,) * 3)
    if name == MOCO:
        return Source(name, "resnet50", url=_MOCO_URL, licence="CC-BY-NC 4.0")
    if name in _TORCHVISION:
        return _torchvision_source(name)
    architecture = _DINO.get(name, name)
    if architecture not in timm.list_models() and not timm.is_model_pretrained(architecture):
        known = [BUNDLED, MOCO, *_DINO, *_TORCHVISION, *timm.list_models()]
        tagged = timm.list_models(pretrained=True) if "." in name else []
        close = get_close_matches(name, [*known, *tagged], n=5, cutoff=0.5)
        raise VadlineError(
            f"backbone.name {name!r} is not a timm model, nor one of torchvision/...; close ones: "
            f"{', '.join(close) or 'none, see timm.list_models()'}."
        )
    config = pretrained_config(architecture)
    return Source(name, architecture, tuple(config.mean), tuple(config.std))


def pretrained_config(architecture: str) -> PretrainedCfg:
    """Return what timm knows of an architecture's pretrained weights.

    Raises
    ------
    VadlineError
        If that is nothing at all.
    """
    config = timm.get_pretrained_cfg(architecture)
    if config is None:
        raise VadlineError(
            f"backbone.name {architecture!r} is not described in timm: take another one."
        )
    return config


def _torchvision_source(name: str) -> Source:
    model = name.removeprefix(_PREFIX)
    url = get_model_weights(model).IMAGENET1K_V1.url
    # torchvision's larger EfficientNets keep TensorFlow's epsilon; timm's take PyTorch's.
    large = model in _EFFICIENTNETS and int(model[-1]) >= 5
    return Source(name, model, url=url, options={"bn_eps": 1e-3} if large else {})


def timm_names(source: Source, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Rename a torchvision EfficientNet's tensors to timm's names; return others as they are.

    The two build the same network, with its tensors in the same order.

    Returns
    -------
    mapping of str to Tensor
    """
    model = source.name.removeprefix(_PREFIX)
    if model not in _EFFICIENTNETS or "features.0.0.weight" not in state:
        return state
    with torch.device("meta"):
        theirs = get_model(model).state_dict()
        ours = timm.create_model(source.architecture).state_dict()
    names = dict(zip(theirs, ours, strict=True))
    return {names.get(name, name): value for name, value in state.items()}

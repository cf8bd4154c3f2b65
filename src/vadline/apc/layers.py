"""The decoder's building blocks, with weights drawn from an explicit generator."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init


class GaussianSmoothing(nn.Module):
    """A fixed Gaussian filter, applied to each channel; borders are replicated.

    Parameters
    ----------
    channels : int
        Of the map that it smooths.
    sigma : float
        Standard deviation in pixels of that map; the kernel reaches out to two of them.
    """

    weight: Tensor

    def __init__(self, channels: int, sigma: float) -> None:
        super().__init__()
        self.radius = max(1, math.ceil(2 * sigma))
        offsets = torch.arange(-self.radius, self.radius + 1, dtype=torch.float32)
        line = torch.exp(-0.5 * (offsets / sigma) ** 2)
        kernel = torch.outer(line, line) / line.sum() ** 2
        weight = kernel.expand(channels, 1, *kernel.shape).contiguous()
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Smooth a float32 map (B, channels, H, W); the shape stays."""
        padded = F.pad(x, (self.radius,) * 4, mode="replicate")
        return F.conv2d(padded, self.weight, groups=self.weight.shape[0])


class UpBlock(nn.Module):
    """A transposed convolution that doubles the resolution, group norm and LeakyReLU.

    Group norm, because a batch is small and holds oversampled copies of few anomalous images,
    and because it has no statistics that a resumed run could lose.

    Parameters
    ----------
    inputs, outputs : int
        Channels; ``outputs`` is a multiple of 8, the number of groups.
    slope : float
        Negative slope of the LeakyReLU.
    """

    def __init__(self, inputs: int, outputs: int, slope: float) -> None:
        super().__init__()
        self.conv = skip_init(nn.ConvTranspose2d, inputs, outputs, 4, stride=2, padding=1)
        self.norm = nn.GroupNorm(8, outputs)
        self.slope = slope

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """Upsample ``x`` and concatenate ``skip`` behind it.

        Parameters
        ----------
        x : Tensor, float32, shape (B, inputs, h, w)
        skip : Tensor, float32, shape (B, C, H, W), optional
            An encoder map of twice the resolution; where the halving had rounded up, the
            upsampled map is cut to its size.

        Returns
        -------
        Tensor, float32, shape (B, outputs + C, H, W)
        """
        x = F.leaky_relu(self.norm(self.conv(x)), self.slope)
        if skip is None:
            return x
        return torch.cat([x[..., : skip.shape[-2], : skip.shape[-1]], skip], dim=1)


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the size, its weights not yet drawn."""
    return skip_init(nn.Conv2d, inputs, outputs, 3, padding=1)


def linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a fully connected layer, its weights not yet drawn."""
    return skip_init(nn.Linear, inputs, outputs)


def draw_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Draw every convolution's and linear layer's weights (He et al. 2015); biases are 0.

    Layers come in the order of ``module.modules()``; only ``generator`` is drawn from.
    """
    for layer in module.modules():
        if not isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            continue
        fan_in: float = layer.weight[0].numel()
        if isinstance(layer, nn.ConvTranspose2d):
            # An output pixel meets only every stride-th tap of the kernel, each way.
            taps = math.prod(layer.kernel_size) / math.prod(layer.stride)
            fan_in = layer.in_channels * taps
        nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 / fan_in), generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def silence(layer: nn.Conv2d | nn.Linear) -> None:
    """Set a logit layer's weights to 0, so that training starts at probability one half.

    Large first logits of an untrained head, times ten in the loss, would shake the pretrained
    features before the head has learnt anything.
    """
    nn.init.zeros_(layer.weight)

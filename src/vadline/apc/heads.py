"""APC's three auxiliary heads (section 4.3.1 of the paper)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vadline.apc.layers import GaussianSmoothing, UpBlock, convolution, linear


class ClassificationHead(nn.Module):
    """Three times (conv, LeakyReLU, max-pooling), then two fully connected layers.

    The third pooling takes the maximum over what is left of the map, so that images of any size
    fit and a defect counts wherever it lies.

    Parameters
    ----------
    inputs : int
        Channels at stride 8: those of Tconv2 and of the encoder map concatenated to it.
    width : int
        Channels of the head's own layers.
    """

    def __init__(self, inputs: int, width: int, slope: float) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [convolution(inputs, width), convolution(width, width), convolution(width, width)]
        )
        self.hidden = linear(width, width)
        self.output = linear(width, 1)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """Turn float32 (B, inputs, h, w) into the logits (B,) of "anomalous"."""
        return self._logits(self._features(x).amax(dim=(2, 3)))

    def map(self, x: Tensor) -> Tensor:
        """Turn float32 (B, inputs, h, w) into the logits of each place alone, (B, h / 4, w / 4)."""
        return self._logits(self._features(x).permute(0, 2, 3, 1))

    def _features(self, x: Tensor) -> Tensor:
        for conv in self.convs[:-1]:
            x = F.leaky_relu(conv(x), self.slope)
            x = F.max_pool2d(x, 2, ceil_mode=True)
        return F.leaky_relu(self.convs[-1](x), self.slope)

    def _logits(self, x: Tensor) -> Tensor:
        return self.output(F.leaky_relu(self.hidden(x), self.slope)).squeeze(-1)


class SegmentationHead(nn.Module):
    """Transposed conv, Gaussian smoothing, conv: logits at stride 2, resized bilinearly.

    Parameters
    ----------
    inputs : int
        Channels at stride 4.
    width : int
        Channels of the transposed convolution.
    stem : int
        Channels of the encoder's stride-2 map, concatenated in U-Net4; 0 without.
    sigma : float
        Of the smoothing, in pixels at stride 2.
    """

    def __init__(self, inputs: int, width: int, stem: int, sigma: float, slope: float) -> None:
        super().__init__()
        self.up = UpBlock(inputs, width, slope)
        self.smooth = GaussianSmoothing(width + stem, sigma)
        self.conv = convolution(width + stem, 1)

    def forward(self, x: Tensor, stem: Tensor | None, size: tuple[int, int]) -> Tensor:
        """Turn float32 (B, inputs, H / 4, W / 4) into pixel logits (B, H, W), ``size`` = (H, W)."""
        logits = self.conv(self.smooth(self.up(x, stem)))
        return _resize(logits, size).squeeze(1)


class ReconstructionHead(nn.Module):
    """Transposed conv, then twice (Gaussian smoothing, conv, LeakyReLU), resized bilinearly.

    Built as :class:`SegmentationHead`; ``slope`` also scales the negative pixels of the output.
    """

    def __init__(self, inputs: int, width: int, stem: int, sigma: float, slope: float) -> None:
        super().__init__()
        self.up = UpBlock(inputs, width, slope)
        self.smooth_1 = GaussianSmoothing(width + stem, sigma)
        self.conv_1 = convolution(width + stem, width)
        self.smooth_2 = GaussianSmoothing(width, sigma)
        self.conv_2 = convolution(width, 3)
        self.slope = slope

    def forward(self, x: Tensor, stem: Tensor | None, size: tuple[int, int]) -> Tensor:
        """Turn float32 (B, inputs, H / 4, W / 4) into normalised pixels (B, 3, H, W)."""
        x = F.leaky_relu(self.conv_1(self.smooth_1(self.up(x, stem))), self.slope)
        x = F.leaky_relu(self.conv_2(self.smooth_2(x)), self.slope)
        return _resize(x, size)


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size=torch.Size(size), mode="bilinear", align_corners=False)

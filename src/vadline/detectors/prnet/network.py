"""PRNet's network: features and residuals, fused, attended to and decoded (Zhang et al. 2023)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vadline.backbones.extractor import resized
from vadline.detectors.prnet.attention import MultiSizeAttention
from vadline.detectors.prnet.fusion import MultiScaleFusion
from vadline.detectors.prnet.prototypes import residuals


class PRNetNetwork(nn.Module):
    """From feature maps and prototypes to logits of being defective.

    Parameters
    ----------
    channels : sequence of int
        Of the backbone's levels, shallow to deep, each with half the grid of the one before; the
        deepest one only feeds the decoder.
    attention_layers : int
        Multi-size self-attentions a level, one after the other.
    splits : sequence of int
        As for :class:`~vadline.detectors.prnet.attention.MultiSizeAttention`.
    """

    def __init__(
        self, channels: Sequence[int], attention_layers: int, splits: Sequence[int]
    ) -> None:
        super().__init__()
        *widths, deepest = channels
        double = [2 * width for width in widths]
        self.fuse_inputs = MultiScaleFusion(widths)
        self.attention = nn.ModuleList(
            nn.Sequential(*(MultiSizeAttention(width, splits) for _ in range(attention_layers)))
            for width in double
        )
        self.fuse_attended = MultiScaleFusion(double)
        below = [*widths[1:], deepest]
        self.ups = nn.ModuleList(_conv(b, w) for b, w in zip(below, widths, strict=True))
        self.blocks = nn.ModuleList(
            nn.Sequential(_conv(3 * width, width), _conv(width, width)) for width in widths
        )
        self.out = nn.Conv2d(widths[0], 1, kernel_size=3, padding=1)

    def forward(self, levels: Sequence[Tensor], prototypes: Sequence[Tensor]) -> Tensor:
        """Segment images.

        Parameters
        ----------
        levels : sequence of Tensor, float32, shape (B, C_i, h_i, w_i)
            The backbone's.
        prototypes : sequence of Tensor, float32, shape (K, C_i, h_i, w_i)
            Of all levels but the deepest.

        Returns
        -------
        Tensor, float32, shape (B, h, w)
            Logits, at the shallowest level's grid.
        """
        *shallow, x = levels
        # One fusion for both, so that features and residuals stay comparable.
        features = self.fuse_inputs(shallow)
        differences = self.fuse_inputs(residuals(shallow, prototypes))
        pairs = (torch.cat(pair, dim=1) for pair in zip(features, differences, strict=True))
        attended = [attend(pair) for attend, pair in zip(self.attention, pairs, strict=True)]
        skips = self.fuse_attended(attended)
        for i in reversed(range(len(skips))):
            up = self.ups[i](resized(x, skips[i].shape[2:]))
            x = self.blocks[i](torch.cat([skips[i], up], dim=1))
        return self.out(x)[:, 0]


def _conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )

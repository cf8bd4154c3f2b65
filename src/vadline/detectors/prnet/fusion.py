"""PRNet's multi-scale fusion: every level hears from all others."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vadline.backbones.extractor import resized


class MultiScaleFusion(nn.Module):
    """Adds to each level what the others know, brought to its grid and width, as HRNet does.

    Deeper levels come by a 1x1 convolution and bilinear upsampling, shallower ones by a strided
    depthwise and a 1x1 convolution.

    Parameters
    ----------
    channels : sequence of int
        Of the levels, shallow to deep; each level has half the grid of the one before.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.exchanges = nn.ModuleList(
            _Listening(
                _exchange(channels[source], channels[target], target - source)
                for source in range(len(channels))
            )
            for target in range(len(channels))
        )

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Fuse levels, float32 (B, C_i, h_i, w_i); shapes stay."""
        return [
            listening(levels, own.shape[2:])
            for listening, own in zip(self.exchanges, levels, strict=True)
        ]


class _Listening(nn.ModuleList):
    """What one level hears: a module for each level that speaks."""

    def forward(self, levels: Sequence[Tensor], grid: Sequence[int]) -> Tensor:
        first, *others = (
            resized(exchange(level), grid) for exchange, level in zip(self, levels, strict=True)
        )
        return sum(others, first)


def _exchange(source: int, target: int, steps: int) -> nn.Module:
    """Return what brings a level ``steps`` deeper, or up where that is negative."""
    if steps == 0:
        return nn.Identity()
    if steps < 0:
        return nn.Conv2d(source, target, kernel_size=1)
    stride = 2**steps
    depthwise = nn.Conv2d(source, source, stride + 1, stride, stride // 2, groups=source)
    return nn.Sequential(depthwise, nn.Conv2d(source, target, kernel_size=1))

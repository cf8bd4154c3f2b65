"""A plain vision transformer's blocks as feature maps."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class BlockFeatures(nn.Module):
    """A timm network whose blocks all have one stride, cut after the last used block.

    Each map is passed through the network's final norm, as DINOv2's own
    ``get_intermediate_layers`` does (Oquab et al. 2023), and prefix tokens are dropped.
    The model is changed in place; ``indices`` ascend from 0.
    """

    def __init__(self, model: nn.Module, indices: Sequence[int]) -> None:
        super().__init__()
        # Cutting may renumber them. timm's transformers have these methods, but no common class.
        prune = model.prune_intermediate_layers
        self.indices = prune(list(indices), prune_norm=False)  # type: ignore[operator]  # see above
        self.model = model

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the chosen blocks' maps, (B, C, H / patch, W / patch)."""
        return self.model.forward_intermediates(  # type: ignore[operator]  # see __init__
            x, indices=self.indices, norm=True, output_fmt="NCHW", intermediates_only=True
        )

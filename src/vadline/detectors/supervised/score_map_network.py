"""A backbone with a score on every location of its last features."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones import FeatureExtractor
from vadline.detectors.supervised.end_to_end import BackboneNetwork


class ScoreMapNetwork(BackboneNetwork):
    """A backbone, and one linear unit on every location of its features."""

    def __init__(self, extractor: FeatureExtractor) -> None:
        super().__init__(extractor)
        self.head = nn.Conv2d(sum(extractor.channels), 1, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Score every location of normalised pixels, float32 (B, 3, H, W).

        Returns
        -------
        Tensor, float32, shape (B, h, w)
            At the last level's grid; shallower levels are averaged down to it.
        """
        levels = self.extractor(x)
        grid = levels[-1].shape[-2:]
        pooled = [F.adaptive_avg_pool2d(level, grid) for level in levels[:-1]]
        return self.head(torch.cat([*pooled, levels[-1]], dim=1))[:, 0]

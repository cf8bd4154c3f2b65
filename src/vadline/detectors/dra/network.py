"""DRA's network: a backbone, seen at one or more scales, and the four heads over its features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.backbones import FeatureExtractor
from vadline.detectors.dra.heads import DRAHeads, HeadScores
from vadline.detectors.patches import locations_inside
from vadline.detectors.supervised.end_to_end import BackboneNetwork


class DRANetwork(BackboneNetwork):
    """Scores images and their patches.

    Parameters
    ----------
    extractor : FeatureExtractor
        Of one feature level.
    scales : int
        Sizes at which images are seen, each half of the last (Ding et al. 2022, appendix B.1).
    top_share : float
        As for :class:`~vadline.detectors.dra.heads.DRAHeads`.
    """

    def __init__(self, extractor: FeatureExtractor, scales: int, top_share: float) -> None:
        super().__init__(extractor)
        self.heads = DRAHeads(extractor.channels[0], top_share)
        self.scales = scales

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """Return photographs' features, (B, C, h, w) at each scale, large to small."""
        x = self.extractor.normalise(images.to(self.extractor.mean.device))
        sizes = [(x.shape[2] >> i, x.shape[3] >> i) for i in range(1, self.scales)]
        scaled = [x, *(F.interpolate(x, size, mode="area") for size in sizes)]
        return [self.extractor(images)[0] for images in scaled]

    def reference(self, goods: Tensor) -> list[Tensor]:
        """Return the mean features of good images, (C, h, w) at each scale (eq. 6)."""
        return [features.mean(dim=0) for features in self.pyramid(goods)]

    def forward(
        self, images: Tensor, reference: Sequence[Tensor], roi: NDArray | None = None
    ) -> HeadScores:
        """Score photographs, uint8 (B, H, W, 3), by what lies inside of ``roi``.

        Parameters
        ----------
        reference : sequence of Tensor, float32, shape (C, h, w)
            From `reference`.

        Returns
        -------
        HeadScores
            Means over the scales; the map has the largest one's grid.
        """
        found = []
        for features, mean in zip(self.pyramid(images), reference, strict=True):
            found.append(self.heads(features, mean, locations_inside(roi, features)))
        grid = found[0].map.shape[1:]
        maps = [F.interpolate(scores.map[:, None], grid, mode="bilinear") for scores in found]
        return HeadScores(
            normality=_mean([scores.normality for scores in found]),
            seen=_mean([scores.seen for scores in found]),
            pseudo=_mean([scores.pseudo for scores in found]),
            residual=_mean([scores.residual for scores in found]),
            map=_mean(maps)[:, 0],
        )


def _mean(tensors: list[Tensor]) -> Tensor:
    return torch.stack(tensors).mean(dim=0)

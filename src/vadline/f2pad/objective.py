"""The F2PAD objective (paper eq. 12) over the pixels of Omega, and the unit of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.backbones import FeatureExtractor
from vadline.f2pad.params import F2PADParams
from vadline.f2pad.penalties import log_penalty, total_variation
from vadline.f2pad.pixel_prior import PixelPrior, mog_penalty
from vadline.f2pad.protocol import RefinableDetector

PIXEL_UNIT = 0.225
"""ImageNet's mean standard deviation, share of the full range: the unit of F2PAD's pixels."""


@dataclass(frozen=True)
class PixelBatch:
    """B images with the P pixels of their Omegas in one list, so that images can leave.

    Attributes
    ----------
    dense : Tensor, float32, shape (B, H, W, 3)
        N0 in the extractor's units.
    region : Tensor, bool, shape (B, H, W)
        Omega; the list of pixels is in its row-major order.
    image : Tensor, int64, shape (P,)
        To which image each pixel belongs.
    x : Tensor, float32, shape (P, 3)
        The input's pixels, in units of PIXEL_UNIT.
    candidates : Tensor, int64, shape (B, L, k)
    unit, alpha : Tensor, float32, shape (B,)
        Each image's unit of the weights, and the weight of R_A.
    """

    dense: Tensor
    region: Tensor
    image: Tensor
    x: Tensor
    candidates: Tensor
    unit: Tensor
    alpha: Tensor

    def keep(self, images: Tensor) -> PixelBatch:
        """Drop all but some images, bool (B,)."""
        pixels = images[self.image]
        return PixelBatch(
            self.dense[images],
            self.region[images],
            (images.cumsum(0) - 1)[self.image[pixels]],
            self.x[pixels],
            self.candidates[images],
            self.unit[images],
            self.alpha[images],
        )


class Objective:
    """``F(N) = L(N) + alpha R_A(X - N) + beta R_MOG(N) + gamma R_TV(N)``, paper eq. 12.

    R_A and R_MOG are summed over Omega, outside of which they are constant. The weights are in
    units of :func:`weight_unit`, so that they carry over between images, detectors and backbones.
    """

    def __init__(self, detector: RefinableDetector, prior: PixelPrior, params: F2PADParams) -> None:
        mean, std = detector.extractor.mean, detector.extractor.std
        self.detector = detector
        self.params = params
        self.unit = PIXEL_UNIT / std.flatten()
        self.lowest = (-mean / PIXEL_UNIT).flatten()
        self.highest = ((1 - mean) / PIXEL_UNIT).flatten()
        self.means = torch.as_tensor(prior.means).to(std)
        self.precisions = torch.as_tensor(prior.precisions).to(std)

    @torch.no_grad()
    def prepare(
        self, x: Tensor, n0: Tensor, region: Tensor, unit: Tensor, alpha: Tensor
    ) -> PixelBatch:
        """Lay out a batch; arguments as in :func:`vadline.f2pad.gradient.solve`."""
        candidates = self.detector.candidates(n0, self.params.k)
        dense = n0.permute(0, 2, 3, 1).contiguous()
        pixels = x.permute(0, 2, 3, 1)[region] / self.unit
        image = region.nonzero()[:, 0]
        return PixelBatch(dense, region, image, pixels, candidates, unit, alpha)

    def images(self, batch: PixelBatch, n: Tensor) -> Tensor:
        """Put pixels ``n`` (P, 3), units of PIXEL_UNIT, into normalised images (B, 3, H, W)."""
        where = batch.region.nonzero(as_tuple=True)
        return batch.dense.index_put(where, n * self.unit).permute(0, 3, 1, 2)

    def __call__(self, batch: PixelBatch, n: Tensor) -> Tensor:
        """Evaluate the objective.

        Parameters
        ----------
        n : Tensor, float32, shape (P, 3)
            Pixels of N inside Omega, in units of PIXEL_UNIT; differentiable.

        Returns
        -------
        Tensor, float32, shape (B,)
        """
        p = self.params
        dense = self.images(batch, n)
        value = self.detector.refinement_loss(dense, batch.candidates)
        if p.gamma:
            smooth = total_variation(dense / self.unit.view(1, 3, 1, 1))
            value = value + p.gamma * batch.unit * smooth
        pixels = batch.alpha[batch.image] * log_penalty(batch.x - n, p.epsilon)
        if p.beta:
            unlike = mog_penalty(n * self.unit, self.means, self.precisions)
            pixels = pixels + p.beta * batch.unit[batch.image] * unlike
        return value.index_add(0, batch.image, pixels)


def weight_unit(with_defect: Tensor, without: Tensor, pixels: Tensor) -> Tensor:
    """Tell what a pixel of defect costs in L: g, the unit of eq. 12's weights.

    Parameters
    ----------
    with_defect, without : Tensor, float32, shape (B,)
        L of the input, and of an image without its defect.
    pixels : Tensor, shape (B,)
        How many the defect has.

    Returns
    -------
    Tensor, float32, shape (B,)
        Positive.
    """
    return ((with_defect - without) / pixels.clamp_min(1)).clamp_min(1e-9)


def as_input(images: Sequence[NDArray[np.float32]], extractor: FeatureExtractor) -> Tensor:
    """Normalise B images of grey levels 0 to 255, each (H, W, 3): float32 (B, 3, H, W)."""
    batch = torch.from_numpy(np.stack(images)).to(extractor.mean.device).permute(0, 3, 1, 2)
    return (batch / 255 - extractor.mean) / extractor.std

"""A toy world: flat parts of two colours, and a detector that knows them."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import nn

from vadline.f2pad import PixelPrior, fit_pixel_prior


class ToyExtractor(nn.Module):
    """Normalises as ImageNet's networks do; features are 4x4 block means at stride 2."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def normalise(self, images):
        return (images.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std

    def denormalise(self, x):
        pixels = ((x * self.std + self.mean) * 255).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1)

    def forward(self, x):
        return [nn.functional.avg_pool2d(x, 4, stride=2)]


@dataclass
class ToyDetector:
    """Distance of each block's mean colour to the nearest of the normal images' own."""

    bank: torch.Tensor
    extractor: nn.Module = field(default_factory=ToyExtractor)

    def _features(self, n):
        return self.extractor(n)[0].flatten(2).transpose(1, 2)

    def candidates(self, n0, k):
        distances = torch.cdist(self._features(n0), self.bank.to(n0))
        return distances.topk(k, largest=False).indices

    def refinement_loss(self, n, candidates):
        delta = self._features(n)[:, :, None] - self.bank.to(n)[candidates]
        return (delta.square().sum(-1) + 1e-6).sqrt().min(dim=-1).values.sum(dim=-1)


@dataclass
class ToyWorld:
    images: np.ndarray
    masks: np.ndarray
    maps: np.ndarray
    references: np.ndarray
    detector: ToyDetector
    prior: PixelPrior


@pytest.fixture(scope="session")
def toy():
    """Six parts of 48x48: dark left, light right, sensor noise; five have a red blot."""
    rng = np.random.default_rng(0)
    part = np.full((48, 48, 3), 80.0)
    part[:, 24:] = (150, 160, 170)
    draw = lambda n: np.clip(part + 3 * rng.normal(size=(n, 48, 48, 3)), 0, 255).astype(np.uint8)  # noqa: E731
    references, images = draw(6), draw(6)
    yy, xx = np.mgrid[:48, :48]
    masks = np.zeros((6, 48, 48), dtype=np.uint8)
    maps = np.zeros((6, 48, 48), dtype=np.float32)
    for i, (y, x, radius) in enumerate(
        [(14, 12, 5), (30, 34, 6), (24, 24, 4), (10, 38, 3), (36, 10, 5)]
    ):
        masks[i] = (yy - y) ** 2 + (xx - x) ** 2 <= radius**2
        maps[i] = (np.hypot(yy - y + 1, xx - x - 1) < radius + 2) * 1.0
        images[i][masks[i] > 0] = (200, 60, 50)
    extractor = ToyExtractor()
    pixels = extractor.normalise(torch.as_tensor(references))
    features = extractor(pixels)[0].transpose(0, 1).flatten(1).T
    prior = fit_pixel_prior(pixels.permute(0, 2, 3, 1).reshape(-1, 3)[::7].numpy(), 2, seed=0)
    return ToyWorld(images, masks, maps, references, ToyDetector(features[::3]), prior)

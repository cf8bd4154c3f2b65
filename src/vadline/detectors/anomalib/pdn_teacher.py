"""A patch description network, and distilling one from a backbone (Batzner et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice, repeat

import torch
from anomalib.data import ImageBatch
from anomalib.models.image.efficient_ad.torch_model import SmallPatchDescriptionNetwork
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones import FeatureExtractor
from vadline.backbones.extractor import resized
from vadline.detectors.anomalib.other_images import distort
from vadline.detectors.anomalib.store_data import StoreData
from vadline.detectors.patches import patch_features
from vadline.errors import VadlineError
from vadline.progress import progress

_GOODS_LOOKED_AT = 32
_STRIDE = 4  # of a patch description network


class NarrowPatchDescriptionNetwork(SmallPatchDescriptionNetwork):
    """anomalib's small network with a share ``width`` of its 128, 256 and 256 hidden channels."""

    def __init__(self, out_channels: int, width: float) -> None:
        super().__init__(out_channels)
        first, hidden = max(1, round(128 * width)), max(1, round(256 * width))
        self.conv1 = nn.Conv2d(3, first, kernel_size=4)
        self.conv2 = nn.Conv2d(first, hidden, kernel_size=4)
        self.conv3 = nn.Conv2d(hidden, hidden, kernel_size=3)
        self.conv4 = nn.Conv2d(hidden, out_channels, kernel_size=4)
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            if convolution.bias is not None:
                nn.init.zeros_(convolution.bias)


@dataclass(frozen=True)
class Target:
    """What a teacher learns to give: principal components of a backbone's patch features.

    Few and strong components are what a small network can learn in few steps.

    Attributes
    ----------
    extractor : FeatureExtractor
    mean : Tensor, float32, shape (1, C, 1, 1)
    basis : Tensor, float32, shape (K, C, 1, 1)
        Divided by each component's standard deviation.
    """

    extractor: FeatureExtractor
    mean: Tensor
    basis: Tensor

    @classmethod
    def of_goods(
        cls, extractor: FeatureExtractor, loader: Iterable[ImageBatch], channels: int
    ) -> Target:
        """Find the components of some good images' features.

        Raises
        ------
        VadlineError
            If the backbone has fewer channels than are wanted.
        """
        if channels > sum(extractor.channels):
            raise VadlineError(
                f"teacher_channels {channels}: the backbone's layers have only "
                f"{sum(extractor.channels)} channels; set fewer, or more layers."
            )
        device = extractor.mean.device
        seen = [
            patch_features(extractor(_normalised(extractor, batch.image.to(device))))
            for batch in islice(loader, _GOODS_LOOKED_AT)
        ]
        values = torch.cat(seen).transpose(0, 1).flatten(1).double()
        mean = values.mean(dim=1, keepdim=True)
        variances, vectors = torch.linalg.eigh(torch.cov(values - mean))
        scaled = vectors / variances.clamp(min=1e-12).sqrt()
        basis = scaled.flip(1)[:, :channels].T.float()
        return cls(extractor, mean.float().view(1, -1, 1, 1), basis[:, :, None, None])

    @torch.no_grad()
    def __call__(self, images: Tensor, grid: torch.Size) -> Tensor:
        """Return the components at the centres of a network's outputs, float32 (B, K, *grid).

        Parameters
        ----------
        images : Tensor, float32, shape (B, 3, H, W)
            Values of 0 to 1.
        grid : torch.Size
            Rows and columns of the outputs; unpadded convolutions lose a rim.
        """
        features = patch_features(self.extractor(_normalised(self.extractor, images)))
        rows, columns = (side // _STRIDE for side in images.shape[-2:])
        found = resized(F.conv2d(features - self.mean, self.basis), (rows, columns))
        top, left = (rows - grid[0]) // 2, (columns - grid[1]) // 2
        return found[..., top : top + grid[0], left : left + grid[1]].contiguous()


def _normalised(extractor: FeatureExtractor, images: Tensor) -> Tensor:
    return (images.as_subclass(Tensor) - extractor.mean) / extractor.std


def distil(
    network: nn.Module,
    extractor: FeatureExtractor,
    data: StoreData,
    *,
    channels: int,
    steps: int,
    lr: float,
    seed: int,
    name: str,
) -> None:
    """Teach a patch description network a backbone's features (Batzner et al. 2024, sec. 3.1).

    The authors distil a WideResNet-101 on ImageNet in 60,000 steps of 16 images. Here each batch
    is a good image and the same distorted, so that the network answers to more than the product.

    Parameters
    ----------
    network : nn.Module
        Takes pixels of 0 to 1; trained in place, on its device, then frozen.
    channels : int
        What the network gives.
    lr : float
        Of Adam; a tenth of it in the last twentieth of the steps.
    """
    device = next(network.parameters()).device
    loader = StoreData(data.images, data.rows, data.rows, 1, seed).train_dataloader()
    generator = torch.Generator().manual_seed(seed)
    target = Target.of_goods(extractor, loader, channels)
    optimiser = torch.optim.Adam(network.parameters(), lr=lr, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, max(1, int(0.95 * steps)))
    network.train()
    batches = chain.from_iterable(repeat(loader))
    with progress(total=steps, desc=f"{name}: distilling the teacher", unit="batch") as bar:
        for batch in islice(batches, steps):
            good = batch.image.as_subclass(Tensor)
            images = torch.cat([good, distort(good, generator)]).to(device)
            found = network(images)
            loss = F.mse_loss(found, target(images, found.shape[-2:]))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
            bar.update()
    network.eval().requires_grad_(False)

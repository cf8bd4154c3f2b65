"""What our variants of anomalib's models share: frozen features of any backbone, and a module."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from anomalib.models.components import AnomalibModule
from anomalib.pre_processing import PreProcessor
from pydantic import Field
from torch import Tensor, nn
from torchvision.transforms.v2 import Compose, Normalize, Resize

from vadline.backbones import BackboneParams, FeatureExtractor
from vadline.detectors.anomalib.adapter import TrainedDetector
from vadline.detectors.anomalib.params import TrainedParams
from vadline.detectors.on_backbone import pretrained_extractor
from vadline.detectors.params import FeatureParams


class TeacherParams(TrainedParams, FeatureParams):
    """Trained by anomalib on the frozen features of a backbone."""

    layers: tuple[int, ...] = Field(
        (1, 2, 3),
        min_length=1,
        description="Feature levels of the backbone; level i has stride 2 ** (i + 1).",
    )


class Teacher(nn.Module):
    """A backbone's features, which no training changes."""

    def __init__(self, extractor: FeatureExtractor) -> None:
        super().__init__()
        self.extractor = extractor.requires_grad_(False)

    def train(self, mode: bool = True) -> Teacher:
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps, shallow to deep, of normalised pixels (B, 3, H, W)."""
        return [features.contiguous() for features in self.extractor(x)]

    def shapes(self, size: tuple[int, int]) -> list[tuple[int, int, int]]:
        """Return channels, rows and columns of each map for images of some size."""
        return [tuple(f.shape[1:]) for f in self(torch.zeros(1, 3, *size))]


class TeacherDetector(TrainedDetector):
    """A detector of anomalib's whose frozen features may be of any backbone."""

    Params: ClassVar[type[TeacherParams]]
    params: TeacherParams

    def teacher(self, *, pretrained: bool) -> Teacher:
        """Build the frozen network, on the CPU; ``pretrained`` as for :meth:`module`."""
        backbone = self.backbone
        if not pretrained:
            backbone = BackboneParams(name=backbone.name, weights="random")
        encoder = self.encoder if pretrained else None
        extractor = pretrained_extractor(self.params, self.params.layers, backbone, encoder)
        return Teacher(extractor.cpu())


class OwnModule(AnomalibModule):
    """Makes a subclass of one of anomalib's modules take a network that is built already.

    Images are resized to ``size``, and normalised as ``pixels`` says, or not at all.
    """

    def __init__(
        self, model: nn.Module, size: tuple[int, int], pixels: FeatureExtractor | None = None
    ) -> None:
        steps: list[nn.Module] = [Resize(size, antialias=True)]
        if pixels is not None:
            steps.append(Normalize(pixels.mean.flatten().tolist(), pixels.std.flatten().tolist()))
        AnomalibModule.__init__(
            self,
            pre_processor=PreProcessor(Compose(steps)),
            post_processor=False,
            evaluator=False,
            visualizer=False,
        )
        self.model = model

    def save_hyperparameters(self, *args: Any, **kwargs: Any) -> None:
        """Keep no second copy of the network."""


class RatedModule(OwnModule):
    """An :class:`OwnModule` that trains with the learning rate ``lr`` instead of anomalib's."""

    lr: float

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return anomalib's optimiser."""
        optimiser = super().configure_optimizers()
        for group in optimiser.param_groups:
            group["lr"] = self.lr
        return optimiser

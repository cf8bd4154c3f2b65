"""The trainable half of reverse distillation, for a teacher of any kind."""

from __future__ import annotations

from anomalib.models.components.backbone import get_decoder
from anomalib.models.image.reverse_distillation.components import get_bottleneck_layer
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones.extractor import resized

_PLANES = (64, 128, 256)  # what a ResNet-18's bottleneck takes and its decoder gives
_OF_RESNET = "resnet18"


class AnyBottleneck(nn.Module):
    """anomalib's one-class bottleneck of a ResNet-18 behind a 1 x 1 convolution for each level."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.enter = nn.ModuleList(
            nn.Sequential(nn.Conv2d(given, taken, 1, bias=False), nn.BatchNorm2d(taken))
            for given, taken in zip(channels, _PLANES, strict=True)
        )
        self.bottleneck = get_bottleneck_layer(_OF_RESNET)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the embedding, (B, 512, h, w), of three feature maps."""
        return self.bottleneck(
            [F.relu(enter(f)) for enter, f in zip(self.enter, features, strict=True)]
        )


class AnyDecoder(nn.Module):
    """anomalib's decoder of a ResNet-18 before a 1 x 1 convolution for each level.

    Not every network's features are rectified as a ResNet's: the last convolution is linear.
    ``shapes`` are channels, rows and columns of the teacher's three levels, shallow to deep.
    """

    def __init__(self, shapes: list[tuple[int, int, int]]) -> None:
        super().__init__()
        self.decoder = get_decoder(_OF_RESNET)
        self.leave = nn.ModuleList(
            nn.Conv2d(given, shape[0], 1) for given, shape in zip(_PLANES, shapes, strict=True)
        )
        self.grids = [shape[1:] for shape in shapes]

    def forward(self, embedding: Tensor) -> list[Tensor]:
        """Return three maps of the teacher's shapes, shallow to deep."""
        maps = self.decoder(embedding)
        # Where images are no multiple of 32 the decoder's grid is a little larger.
        return [
            resized(leave(m), grid).contiguous()
            for leave, m, grid in zip(self.leave, maps, self.grids, strict=True)
        ]

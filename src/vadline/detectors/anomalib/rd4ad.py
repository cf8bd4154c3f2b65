"""RD4AD: a student that decodes what its teacher encoded (Deng & Li 2022), by anomalib."""

from __future__ import annotations

from anomalib.models.components.backbone import get_decoder
from anomalib.models.image.reverse_distillation import ReverseDistillation
from anomalib.models.image.reverse_distillation.anomaly_map import (
    AnomalyMapGenerationMode,
    AnomalyMapGenerator,
)
from anomalib.models.image.reverse_distillation.components import get_bottleneck_layer
from anomalib.models.image.reverse_distillation.loss import ReverseDistillationLoss
from anomalib.models.image.reverse_distillation.torch_model import ReverseDistillationModel
from pydantic import Field
from torch import Tensor, nn

from vadline.backbones.sources import find_source
from vadline.detectors.anomalib.own_models import (
    RatedModule,
    Teacher,
    TeacherDetector,
    TeacherParams,
)
from vadline.detectors.anomalib.reverse_student import AnyBottleneck, AnyDecoder

_UNBLURRED = 0.1  # so narrow that its kernel is a single pixel
_RESNET_LAYERS = (1, 2, 3)


class RD4ADParams(TeacherParams):
    """Reverse distillation, with the authors' values where they do not say otherwise.

    The authors' image score is the highest value of the blurred map (``image_score: blurred``);
    the default, that of the map before its blur, misses fewer small defects.
    """

    kind: str = "rd4ad"
    layers: tuple[int, ...] = Field(
        _RESNET_LAYERS,
        min_length=3,
        max_length=3,
        description="Three neighbouring feature levels; level i has stride 2 ** (i + 1).",
    )
    epochs: int | None = Field(
        10, ge=1, description="Passes over the training images; the authors: 200."
    )
    steps: int | None = Field(
        260, ge=1, description="Steps at most, for a CPU's sake; null for no limit."
    )
    train_batch: int = Field(8, ge=1, description="Images a training step; the authors: 16.")
    lr: float = Field(5e-3, gt=0, description="Learning rate of Adam.")


class _Encoder(nn.Module):
    """A teacher whose maps have names, as the model's own encoder gives them."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, x: Tensor) -> dict[int, Tensor]:
        return dict(enumerate(self.teacher(x)))


class BackboneReverse(ReverseDistillationModel):
    """anomalib's reverse distillation, which knows ResNets, with a teacher of any kind.

    A ResNet, by timm's name ``architecture``, at its levels 1, 2, 3 gets anomalib's bottleneck and
    decoder of the same network, as the authors'. Any other teacher gets those of a ResNet-18
    between 1 x 1 convolutions. Maps come at the grid of the shallowest level, before the blur,
    which is ``blur_sigma``'s.
    """

    bottleneck: nn.Module
    decoder: nn.Module

    def __init__(self, teacher: Teacher, architecture: str, size: tuple[int, int]) -> None:
        nn.Module.__init__(self)
        self.tiler = None
        self.encoder = _Encoder(teacher)
        shapes = teacher.shapes(size)
        resnet = architecture.split(".")[0]
        regular = teacher.extractor.layers == _RESNET_LAYERS and all(s % 32 == 0 for s in size)
        decoder = _decoder_of(resnet) if regular else None
        if decoder is None:
            self.bottleneck = AnyBottleneck([shape[0] for shape in shapes])
            self.decoder = AnyDecoder(shapes)
        else:
            self.bottleneck, self.decoder = get_bottleneck_layer(resnet), decoder
        self.anomaly_map_generator = AnomalyMapGenerator(
            image_size=shapes[0][1:], sigma=_UNBLURRED, mode=AnomalyMapGenerationMode.ADD
        )


def _decoder_of(architecture: str) -> nn.Module | None:
    try:
        return get_decoder(architecture)
    except ValueError:  # no ResNet
        return None


class ReverseModule(RatedModule, ReverseDistillation):
    """anomalib's training of reverse distillation, with the learning rate that is asked for."""


class RD4AD(TeacherDetector):
    """Sum, over three levels, of the cosine distance between teacher and student."""

    Params = RD4ADParams
    params: RD4ADParams

    def module(self, size: tuple[int, int], *, pretrained: bool) -> ReverseModule:
        """Build the untrained model; see :meth:`TrainedDetector.module`."""
        teacher = self.teacher(pretrained=pretrained)
        model = BackboneReverse(teacher, find_source(self.backbone.name).architecture, size)
        module = ReverseModule(model, size, teacher.extractor)
        module.loss = ReverseDistillationLoss()
        module.lr = self.params.lr
        return module

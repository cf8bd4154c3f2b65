"""FastFlow: 2D normalising flows on a backbone's feature maps (Yu et al. 2021), by anomalib."""

from __future__ import annotations

from typing import Literal

from anomalib.models.image.fastflow import Fastflow, FastflowLoss, FastflowModel
from anomalib.models.image.fastflow.anomaly_map import AnomalyMapGenerator
from anomalib.models.image.fastflow.torch_model import create_fast_flow_block
from pydantic import Field
from torch import nn

from vadline.detectors.anomalib.own_models import (
    RatedModule,
    Teacher,
    TeacherDetector,
    TeacherParams,
)


class FastFlowParams(TeacherParams):
    """FastFlow, with the authors' values where they do not say otherwise."""

    kind: str = "fastflow"
    epochs: int | None = Field(
        40, ge=1, description="Passes over the training images; the authors: 500."
    )
    steps: int | None = Field(
        520, ge=1, description="Steps at most, for a CPU's sake; null for no limit."
    )
    train_batch: int = Field(8, ge=1, description="Images a training step; the authors: 32.")
    image_score: Literal["model", "patch", "blurred"] = Field(
        "blurred",
        description="The highest value of the upsampled and blurred map; model and patch: of the "
        "map as it is.",
    )
    lr: float = Field(1e-3, gt=0, description="Learning rate of Adam.")
    flow_steps: int = Field(8, ge=1, description="Coupling blocks on each feature map.")
    hidden_ratio: float = Field(
        1.0, gt=0, description="Hidden channels of a coupling's network over its inputs."
    )
    conv3x3_only: bool = Field(
        False, description="3 x 3 kernels in all couplings, not in every other one."
    )


class BackboneFlow(FastflowModel):
    """anomalib's FastFlow, which knows two ResNets and two transformers, on any backbone.

    Maps come at the grid of the shallowest feature map instead of image size.
    """

    def __init__(self, teacher: Teacher, size: tuple[int, int], params: FastFlowParams) -> None:
        nn.Module.__init__(self)
        self.input_size = size
        self.feature_extractor = teacher
        shapes = teacher.shapes(size)
        self.norms = nn.ModuleList(nn.LayerNorm(shape) for shape in shapes)
        self.fast_flow_blocks = nn.ModuleList(
            create_fast_flow_block(
                input_dimensions=list(shape),
                conv3x3_only=params.conv3x3_only,
                hidden_ratio=params.hidden_ratio,
                flow_steps=params.flow_steps,
            )
            for shape in shapes
        )
        self.anomaly_map_generator = AnomalyMapGenerator(input_size=shapes[0][1:])


class FlowModule(RatedModule, Fastflow):
    """anomalib's training of FastFlow, with the learning rate that is asked for."""


class FastFlow(TeacherDetector):
    """Mean, over the feature maps, of minus the likelihood that flows give each place."""

    Params = FastFlowParams
    params: FastFlowParams

    def module(self, size: tuple[int, int], *, pretrained: bool) -> FlowModule:
        """Build the untrained model; see :meth:`TrainedDetector.module`."""
        teacher = self.teacher(pretrained=pretrained)
        module = FlowModule(BackboneFlow(teacher, size, self.params), size, teacher.extractor)
        module.loss = FastflowLoss()
        module.lr = self.params.lr
        return module

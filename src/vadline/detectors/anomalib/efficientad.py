"""EfficientAD: student, teacher and autoencoder (Batzner et al. 2024), by anomalib."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from anomalib.models.image.efficient_ad import EfficientAd
from anomalib.models.image.efficient_ad.torch_model import EfficientAdModel, EfficientAdModelSize
from pydantic import Field, model_validator
from torch import Tensor

from vadline.backbones.weights import load_into, read_state
from vadline.detectors.anomalib.other_images import distorted_images, folder_images
from vadline.detectors.anomalib.own_models import OwnModule, TeacherDetector, TeacherParams
from vadline.detectors.anomalib.pdn_teacher import NarrowPatchDescriptionNetwork, distil
from vadline.detectors.anomalib.store_data import StoreData
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError

logger = logging.getLogger(__name__)

_LEAST_SIDE = 256  # the autoencoder's


class EfficientADParams(TeacherParams):
    """EfficientAD; its defaults fit a CPU, the authors' values are named."""

    kind: str = "efficientad"
    layers: tuple[int, ...] = Field(
        (2, 3), min_length=1, description="Feature levels that a teacher is distilled from."
    )
    epochs: int | None = Field(None, ge=1, description="Passes over the images; null for steps.")
    steps: int | None = Field(300, ge=1, description="Training steps; the authors: 70,000.")
    train_batch: int = Field(1, ge=1, le=1, description="One image a step, as the authors.")
    validation_share: float = Field(
        0.1, gt=0, lt=1, description="Goods held out to bring the two maps to one scale."
    )
    lr: float = Field(1e-3, gt=0, description="Learning rate of Adam; the authors: 0.0001.")
    model_size: EfficientAdModelSize = Field(
        EfficientAdModelSize.S, description="small or medium patch description networks."
    )
    width: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of the small networks' hidden channels that is kept, for speed; the "
        "authors: 1, which a medium network or a teacher from a file needs.",
    )
    teacher: Path | None = Field(
        None,
        description="File with a teacher that was distilled on ImageNet, such as anomalib's "
        "pretrained_teacher_small.pth; null to distil one from the backbone on the goods.",
    )
    teacher_steps: int = Field(
        600, ge=1, description="Steps of that distillation; the authors: 60,000 on ImageNet."
    )
    teacher_channels: int = Field(
        32, ge=1, description="What the teacher gives; the authors', and anomalib's files: 384."
    )
    penalty_images: Path | None = Field(
        None,
        description="Folder with photographs of other things (ImageNet, Imagenette), which the "
        "student must not imitate its teacher on; null for distorted goods.",
    )
    map_stride: int = Field(4, ge=1, description="Pixels of a map's cell; 4 is the networks'.")

    @model_validator(mode="after")
    def _whole_width(self) -> Self:
        if self.width < 1 and (self.teacher or self.model_size != EfficientAdModelSize.S):
            raise ValueError("a teacher from a file and medium networks have a width of 1: set it")
        return self


class EfficientModule(OwnModule, EfficientAd):
    """anomalib's training of EfficientAD, without its downloads."""

    model: EfficientAdModel
    lr: float
    weight_decay = 1e-5
    others: Iterator[tuple[Tensor]]

    def prepare_pretrained_model(self) -> None:
        """Leave the teacher, which is there already."""

    def prepare_imagenette_data(self, image_size: Any) -> None:
        """Take penalty images from where the settings say."""
        self.imagenet_iterator = self.others

    def configure_optimizers(self) -> dict[str, Any]:
        """Return anomalib's optimiser; its schedule counts steps, as the authors' does."""
        found = super().configure_optimizers()
        schedule = {"scheduler": found["lr_scheduler"], "interval": "step"}
        return {"optimizer": found["optimizer"], "lr_scheduler": schedule}


class EfficientAD(TeacherDetector):
    """What a student and an autoencoder fail to imitate of a teacher.

    Where the settings name no files, this deviates from Batzner et al. (2024): the teacher is
    distilled from the line's backbone on the goods and their distortions instead of ImageNet, and
    those distortions are the penalty images. Such a teacher knows little beyond the product, and
    its student imitates it on defects as well: maps mark large misplacements, but image scores
    stay near chance. A warning says so.
    """

    Params = EfficientADParams
    params: EfficientADParams

    def module(self, size: tuple[int, int], *, pretrained: bool) -> EfficientModule:
        """Build the untrained model; see :meth:`TrainedDetector.module`.

        Raises
        ------
        VadlineError
            If the images are too small, or the teacher's file does not fit.
        """
        params = self.params
        if min(size) < _LEAST_SIDE:
            raise VadlineError(
                f"{self.name}: efficientad takes images of {_LEAST_SIDE} pixels or more, these "
                f"have {size}: set images.size."
            )
        channels = params.teacher_channels
        model = EfficientAdModel(channels, params.model_size)
        if params.width < 1:
            model.teacher = NarrowPatchDescriptionNetwork(channels, params.width)
            model.student = NarrowPatchDescriptionNetwork(2 * channels, params.width)
        if params.teacher is not None and pretrained:
            load_into(model.teacher, read_state(params.teacher), f"Teacher {params.teacher}")
        model.teacher.eval().requires_grad_(False)
        module = EfficientModule(model, size)
        module.lr = params.lr
        return module

    def prepare(self, module: EfficientModule, data: StoreData, seed: int) -> None:
        """Distil the teacher, unless it came from a file, and open the penalty images."""
        params = self.params
        if params.penalty_images is None:
            module.others = distorted_images(data.train_dataloader(), seed)
        else:
            module.others = folder_images(params.penalty_images, self.size_, seed)
        if params.teacher is None:
            logger.warning(
                "%s: without a teacher from a file EfficientAD is weak; set detectors.%s.teacher "
                "and penalty_images to local copies of what its authors use",
                self.name,
                self.name,
            )
            device = self.device
            distil(
                module.model.teacher.requires_grad_(True).to(device),
                self.teacher(pretrained=True).extractor.to(device),
                data,
                channels=params.teacher_channels,
                steps=params.teacher_steps,
                lr=1e-3,
                seed=seed,
                name=self.name,
            )

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Train; see :meth:`TrainedDetector.fit`."""
        super().fit(training, seed)
        del self.module_.others, self.module_.imagenet_iterator
        return self

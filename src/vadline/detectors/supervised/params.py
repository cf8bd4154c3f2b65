"""Settings that supervised detectors share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vadline.detectors.params import DetectorParams


def _has_a_gradient(gamma: float) -> float:
    if 0 < gamma < 1:  # (1 - p) ** gamma has none at p = 1, where sure images are in float32
        raise ValueError("a focal loss has no gradient between 0 and 1: set 0, or 1 or more")
    return gamma


FocalGamma = Annotated[float, Field(ge=0), AfterValidator(_has_a_gradient)]


class SupervisedParams(DetectorParams):
    """What a detector that learns from known bad parts needs."""

    learn_from: Literal["finetune", "classifier", "training"] = Field(
        "finetune",
        description="Role of the images to learn from: `finetune` leaves the forest's images "
        "unseen, so that forests may stand on the maps; `classifier` is 80 % of all training "
        "images (SegAD, section 4.1); `training` is all of them but the calibration's, for a "
        "comparison without forests.",
    )
    epochs: int = Field(10, ge=1, description="Epochs of training.")
    steps_per_epoch: int = Field(20, ge=1, description="Batches an epoch.")
    train_batch: int = Field(16, ge=2, description="Images a batch, half of them bad.")
    lr: float = Field(1e-4, gt=0, description="Learning rate.")
    weight_decay: float = Field(1e-5, ge=0, description="Weight decay.")

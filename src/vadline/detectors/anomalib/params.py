"""Settings of detectors that anomalib trains."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from vadline.detectors.anomalib.models import check_options
from vadline.detectors.params import DetectorParams


class TrainedParams(DetectorParams):
    """What detectors that anomalib trains share."""

    epochs: int | None = Field(
        10,
        ge=1,
        description="Passes over the training images; null to count steps only. Models that set "
        "their own number (memory banks: 1) keep it.",
    )
    steps: int | None = Field(
        None,
        ge=1,
        description="Optimiser steps, if they end before the epochs; null for no limit. Models "
        "that set their own number of epochs take none.",
    )
    train_batch: int = Field(8, ge=1, description="Images a training step.")
    validation_share: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the goods held out for models that calibrate on some; 0 to "
        "calibrate on what they learnt from.",
    )
    # Wider than the line's own, which asks for "blurred" only: our adapter knows "model".
    image_score: Literal["model", "patch", "blurred"] = Field(  # type: ignore[assignment]  # see above
        "model",
        description="The model's own score of an image, or the highest value of its map, or of "
        "the upsampled and blurred map.",
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.epochs is None and self.steps is None:
            raise ValueError("training never ends: set epochs or steps")
        return self


class AnomalibParams(TrainedParams):
    """A model of anomalib's by its name."""

    kind: str = "anomalib"
    model: str = Field(description="Its class or snake-case name, such as Stfpm or padim.")
    options: dict[str, JsonValue] = Field(
        default_factory=dict, description="For its constructor; the backbone comes from ours."
    )
    map_stride: int = Field(
        1,
        ge=1,
        description="Maps come at image size; a stride of 4 averages 4 x 4 pixels into one and "
        "takes a sixteenth of the disk.",
    )
    blur_sigma: float = Field(
        0.0, ge=0, description="Besides the blur that most models apply to their maps themselves."
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_options(self.model, self.options)
        return self

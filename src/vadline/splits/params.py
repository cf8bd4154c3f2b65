"""Settings of the stage split."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import BaseModel, Field, model_validator

Protocol = Literal["one_class", "low_shot", "high_shot", "supervised"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)
_TOLERANCE = 1e-9  # 0.9 + 0.1 may come out above 1


class SplitParams(BaseModel, extra="forbid", frozen=True):
    """Who learns from what (SegAD section 5; REFERENCES for MTD and ELPV)."""

    protocol: Protocol = Field(
        "high_shot",
        description="Bads for training: none; the source's list or `shots`; all; `shots` of test, "
        "at most half of those.",
    )
    shots: int = Field(10, ge=0, description="Bads for training under low_shot and supervised.")
    detector_share: float = Field(
        0.5, gt=0, le=1, description="Share of the training goods that detectors learn from."
    )
    calibration_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the training goods that only set thresholds."
    )
    classifier_share: float = Field(
        0.8, ge=0, le=1, description="Share of all training images that classifiers learn from."
    )
    finetune_bads: int = Field(
        10, ge=0, description="Training bads that fine-tune the extractor, at most half of them."
    )
    test_good_share: float = Field(
        0.25, gt=0, lt=1, description="Share of goods to test on where the source has no split."
    )
    on_duplicate: Literal["fail", "drop_train"] = Field(
        "fail", description="What to do when a test image also stands in training."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.shots < 1 and self.protocol in ("low_shot", "supervised"):
            raise ValueError(
                f"split.shots {self.shots} must be at least 1; for none: split.protocol=one_class"
            )
        if self.detector_share + self.calibration_share > 1 + _TOLERANCE:
            raise ValueError(
                "split.detector_share and split.calibration_share exceed 1 together: lower one"
            )
        return self

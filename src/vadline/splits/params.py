"""Settings of the stage split."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SplitParams(BaseModel):
    """Who learns from what (SegAD section 5; REFERENCES for MTD and ELPV)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Literal["one_class", "low_shot", "high_shot", "supervised"] = Field(
        "high_shot",
        description="Bads for training: none; the source's list or `shots`; all; `shots` of test.",
    )
    shots: int = Field(10, ge=0, description="Bads for training under low_shot and supervised.")
    detector_share: float = Field(
        0.5, gt=0, le=1, description="Share of the training goods that detectors learn from."
    )
    calibration_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the training goods that only set thresholds."
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

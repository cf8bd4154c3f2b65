"""Settings of the stage split."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import BaseModel, Field, model_validator

Protocol = Literal["all", "one_class", "low_shot", "high_shot", "supervised"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)
Scheme = Literal["cross_fit", "holdout"]
_TOLERANCE = 1e-9  # 0.9 + 0.1 may come out above 1


class SplitParams(BaseModel, extra="forbid", frozen=True):
    """Who learns from what (SegAD section 5; REFERENCES for MTD and ELPV)."""

    protocol: Protocol = Field(
        "high_shot",
        description="Which parts are for training: all, good and bad, but a test part of the "
        "source's own; or, beside the training goods, of the bads none; the source's list or "
        "`shots`; all of its training part; `shots` of its test part, at most half of those.",
    )
    scheme: Scheme = Field(
        "cross_fit",
        description="cross_fit: every training part teaches, and is scored by models that have not "
        "seen its fold. holdout: each teaches one stage, by the shares below, as in the papers.",
    )
    folds: int | None = Field(
        None,
        ge=2,
        description="Folds of cross_fit, no more than goods; null for 6, and up to 15 where goods "
        "are few: the fewer there are, the more a model lacks those of a fold.",
    )
    network_folds: int = Field(
        3,
        ge=2,
        description="Folds for what is slow to learn: networks, and features that APC tunes. Each "
        "unites some of `folds`; there are no more than these.",
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
        if self.protocol == "all" and self.scheme == "holdout":
            raise ValueError(
                "split.protocol=all judges every part by models that have not seen it: set "
                "split.scheme=cross_fit, or another protocol"
            )
        if self.detector_share + self.calibration_share > 1 + _TOLERANCE:
            raise ValueError(
                "split.detector_share and split.calibration_share exceed 1 together: lower one"
            )
        return self

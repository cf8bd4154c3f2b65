"""Settings of the stage evaluate."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DecideParams(BaseModel, extra="forbid", frozen=True):
    """From scores to decisions, and what is drawn."""

    setup: str | None = Field(
        None, description="The set-up whose score decides; null for all_ad, or the only one."
    )
    false_reject_rate: float = Field(
        0.05, gt=0, lt=1, description="Share of good calibration parts that may be rejected."
    )
    gallery: int = Field(8, ge=1, description="Parts shown in the gallery.")

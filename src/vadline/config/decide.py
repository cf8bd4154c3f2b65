"""Settings of the stage evaluate."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class DecideParams(BaseModel, extra="forbid", frozen=True):
    """From scores to decisions, and what is drawn."""

    setup: str | None = Field(
        None,
        description="The set-up whose score decides; null for segad_safe, all_ad, or the "
        "first, whichever there is.",
    )
    false_reject_rate: float = Field(
        0.05, gt=0, lt=1, description="Share of good parts that may be rejected."
    )
    review_rate: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Share of good parts that may be rejected or looked at again, larger than "
        "false_reject_rate; null for no review.",
    )
    bad_share: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Share of bad parts that `probability` reckons with, known bads saying little "
        "of how often parts are bad.",
    )
    pictures: Literal["rejected", "all", "none"] = Field(
        "rejected",
        description="Parts of which mask, map and overlay are written, each in a folder of its "
        "own, and defects are measured.",
    )
    gallery: int = Field(8, ge=1, description="Parts shown in the gallery.")
    report_cards: int = Field(
        60, ge=0, description="Parts shown large in the report, at 50 to 70 kB each."
    )

    @model_validator(mode="after")
    def _review_is_wider(self) -> Self:
        if self.review_rate is not None and self.review_rate <= self.false_reject_rate:
            raise ValueError(
                f"decide.review_rate {self.review_rate} is not above decide.false_reject_rate "
                f"{self.false_reject_rate}, so nothing would be for review: set it higher"
            )
        return self

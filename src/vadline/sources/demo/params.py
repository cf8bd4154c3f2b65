"""How much of the demo product is rendered."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DemoParams(BaseModel, extra="forbid", frozen=True):
    """How much of the demo product is rendered."""

    train_good: int = Field(200, ge=1, description="Good parts to train on.")
    train_bad: int = Field(60, ge=0, description="Known bad parts to train on.")
    test_good: int = Field(60, ge=0, description="Good parts of the test part.")
    test_bad: int = Field(45, ge=0, description="Bad parts of kinds that training has.")
    test_unseen: int = Field(15, ge=0, description="Bad parts of kinds that training lacks.")
    seed: int = Field(0, ge=0, description="Of the rendering, apart from the line's seed.")

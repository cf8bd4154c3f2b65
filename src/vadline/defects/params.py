"""Settings of the makers of defects, each with its default and its reason."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from pydantic import BaseModel, Field, field_validator

DefectKind = Literal["blur", "rectangle"]
Paste = Literal["colour", "near", "textured"]
Range = tuple[float, float]
PASTES: tuple[Paste, ...] = get_args(Paste)
"""One colour; the covered pixels, shifted; a patch from elsewhere, shifted."""


class SyntheticParams(BaseModel, extra="forbid", frozen=True):
    """Synthetic defects for the one-class protocol; see `vadline.defects.synthetic`."""

    kinds: tuple[DefectKind, ...] = Field(
        ("blur", "rectangle"), min_length=1, description="kinds to draw from with equal chance"
    )
    blur_sigma: Range = Field(
        (0.008, 0.03), description="range of the blur's sigma, of the image side"
    )
    length: Range = Field(
        (0.04, 0.4), description="range of the rectangle's long side, of the image side"
    )
    thickness: Range = Field(
        (0.006, 0.03), description="range of the rectangle's short side, of the image side"
    )
    min_contrast: float = Field(
        24.0, ge=0, le=120, description="grey levels of 255 by which a defect shows at least"
    )


class BenchmarkParams(BaseModel, extra="forbid", frozen=True):
    """Pasted defects with exact masks (F2PAD, eq. 16); see `vadline.defects.benchmark`.

    Distances are in grey levels of 255, Euclidean over the three channels.
    """

    sizes: tuple[float, ...] = Field(
        (0.002, 0.02, 0.04, 0.06, 0.08, 0.13),
        min_length=2,
        description="edges of the groups of sizes, shares of the region of interest, each filled "
        "with as many defects; by default those of the paper's figure 7",
    )
    far: float = Field(
        60.0, gt=0, le=200, description="colour: least distance of the colour from what it covers"
    )
    near: Range = Field(
        (30.0, 60.0), description="near and textured: range of the shift of what is shifted"
    )

    @field_validator("sizes")
    @classmethod
    def _ascend(cls, sizes: tuple[float, ...]) -> tuple[float, ...]:
        if sizes[0] <= 0 or sizes[-1] > 1 or (np.diff(sizes) <= 0).any():
            raise ValueError("sizes must ascend, above 0 and up to 1")
        return sizes

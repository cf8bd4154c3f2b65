"""Settings of the makers of defects, each with its default and its reason."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

DefectKind = Literal["blur", "rectangle"]
Range = tuple[float, float]


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
    """Defects of one colour in the shapes of real ones; see `vadline.defects.benchmark`."""

    scale: Range = Field((0.5, 1.5), description="range of the shape's random resizing")
    area: Range = Field(
        (0.002, 0.13),
        description="least and greatest share of the image that a defect covers; the paper's go up "
        "to 0.13",
    )
    contrast: Range = Field(
        (40.0, 120.0),
        description="range of the distance, in grey levels (Euclidean over the channels), between "
        "the colour and the mean of what it covers; near colours make the harder benchmark",
    )
    min_distance: float = Field(
        15.0,
        ge=0,
        description="every covered pixel is at least so far, in the same units, from the colour",
    )
    grey: bool = Field(False, description="draw greys, for images without colour")

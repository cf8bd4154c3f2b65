"""Settings of the stage ingest: how photographs become arrays."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Side = Annotated[int, Field(ge=32, multiple_of=32)]


class ImageParams(BaseModel, extra="forbid", frozen=True):
    """How photographs become arrays."""

    size: Side | tuple[Side, Side] = Field(
        256,
        description="What photographs are read at, in pixels, multiples of 32: height and width, "
        "or one number for the shorter side, with the aspect of good parts kept; where "
        "photographs differ in aspect, each is stretched to a square.",
    )
    workers: int | None = Field(
        None,
        ge=1,
        description="Decoding threads; null for all cores.",
        json_schema_extra={"changes_results": False},
    )
    sixteen_bit_max: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Value of a 16-bit image that becomes white, 4095 for 12 bits; null: of the "
        "fewest of 8, 10, 12, 14 and 16 bits that hold the training goods' highest.",
    )
    # No pixel depends on it. What does is handed it by its own name, and is made anew.
    mm_per_pixel: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Side of a photograph's pixel in millimetres, of the photograph as it was "
        "taken, before resizing; null: areas in pixels alone.",
        json_schema_extra={"changes_results": False},
    )

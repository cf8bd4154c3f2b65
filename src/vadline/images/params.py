"""Settings of the stage ingest: how photographs become arrays."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from vadline.images.shape import MULTIPLE, height_width
from vadline.images.tiles import TileParams


def _pair(value: object) -> object:
    """Read ``4x2``, which a command line takes without quotes, as a pair."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*x\s*\d+\s*", value):
        return tuple(map(int, value.split("x")))
    return value


Side = Annotated[int, Field(ge=MULTIPLE, multiple_of=MULTIPLE)]
Count = Annotated[int, Field(ge=1)]


class ImageParams(BaseModel, extra="forbid", frozen=True):
    """How photographs become arrays."""

    size: Annotated[Side | tuple[Side, Side], BeforeValidator(_pair)] = Field(
        256,
        description="What photographs are read at, in pixels, multiples of 32: height and width "
        "(256x384), or one number for the shorter side, with the aspect of good parts kept; where "
        "photographs differ in aspect, each is stretched to a square.",
    )
    tiles: Annotated[tuple[Count, Count] | None, BeforeValidator(_pair)] = Field(
        None,
        description="Rows and columns of tiles (4x4), for defects that are small on large "
        "photographs: networks look at them one by one, and maps are laid together. images.size "
        "is then a tile's; where it is one number, tiles have the aspect that this leaves them.",
    )
    tile_overlap: int = Field(
        MULTIPLE,
        ge=0,
        multiple_of=MULTIPLE,
        description="Pixels that neighbouring tiles have in common, a multiple of 32: no defect "
        "up to this size is cut.",
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

    def cut(self) -> TileParams | None:
        """Return how photographs are cut; None where networks look at the whole."""
        if self.tiles is None or self.tiles == (1, 1):
            return None
        rows, columns = self.tiles
        return TileParams(rows=rows, columns=columns, overlap=self.tile_overlap)

    def longest(self) -> int:
        """Return the longer side of square photographs, or of a whole of tiles."""
        tile = height_width(self.size)
        return max(tile if (cut := self.cut()) is None else cut.whole(tile))

    @model_validator(mode="after")
    def _tiles_are_more_than_their_overlap(self) -> Self:
        if self.cut() and self.tile_overlap >= min(height_width(self.size)):
            raise ValueError(
                f"tile_overlap {self.tile_overlap} leaves tiles of size {self.size} nothing of "
                "their own: lower it"
            )
        return self

"""Good parts of another source with defects pasted on some, as F2PAD's benchmark has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from vadline.defects.params import PASTES, BenchmarkParams, Paste
from vadline.sources.listing import require_folder
from vadline.sources.manifest import TRAIN, Record
from vadline.sources.mvtec import goods_of, kinds_of, mask_in


class CutPasteParams(BaseModel, extra="forbid", frozen=True):
    """Which good parts get defects pasted on them, and which defects (F2PAD, section IV-A1)."""

    of: str | None = Field(
        None,
        description="The source of the good parts; null for the layout that source.root is found "
        "to have, and the demo without a root.",
    )
    shots: int | None = Field(
        None,
        ge=1,
        description="Good parts to learn from: 16 for the paper's few-shot setting; null for all "
        "that carry no defect, its normal one.",
    )
    images: int = Field(
        54,
        ge=1,
        description="Parts with a defect, each another part; at most half of the good, or a third "
        "where none of these are for the test.",
    )
    pastes: tuple[Paste, ...] = Field(
        PASTES,
        min_length=1,
        description="What defects are filled with, in turn, a kind each: colour, as in the paper, "
        "one far from what it covers; near, the covered pixels, shifted; textured, a patch from "
        "elsewhere, shifted. A list, or names apart by spaces.",
    )
    shapes: str | None = Field(
        None,
        description="A folder of masks of any product, whose shapes the defects have; null for "
        "those of the product's own bad parts, or drawn where it has no masks.",
    )
    defects: BenchmarkParams = Field(BenchmarkParams(), description="Sizes and strengths.")
    seed: int = Field(0, ge=0, description="Of the making, apart from the line's seed.")

    @field_validator("of")
    @classmethod
    def _is_of_another(cls, of: str | None) -> str | None:
        if of == "cutpaste":
            raise ValueError("source.cutpaste.of is the source of good parts: name another one")
        return of

    @field_validator("pastes", mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @property
    def shapes_folder(self) -> Path | None:
        """The folder of masks as a path, ``~`` expanded; None where it is not set."""
        return Path(self.shapes).expanduser() if self.shapes else None


def read_cutpaste(root: Path | None, category: str | None = None) -> list[Record]:
    """Read what `vadline.cutpaste.make_parts` put into ``root``, laid out as MVTec AD's products.

    The kinds of defects are their pastes.
    """
    root, category = require_folder(root, "pasted parts"), category or "cutpaste"
    return [*goods_of(root, category, TRAIN), *kinds_of(root, category, mask_in(root))]

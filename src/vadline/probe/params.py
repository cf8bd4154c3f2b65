"""Settings of the probe."""

from __future__ import annotations

from pydantic import BaseModel, Field

from vadline.images.tiles import TileParams


class ProbeParams(BaseModel, extra="forbid", frozen=True):
    """Classifiers on frozen features; not in the papers.

    Each is a kernel ridge regression, which known bad parts need not train long: it is solved.
    """

    layers: tuple[int, ...] = Field(
        (2, 3), description="Feature levels of the patches, as a detector's `layers`."
    )
    pooled_layers: tuple[int, ...] = Field(
        (2, 3, 4), description="Feature levels whose mean, maximum and spread describe a part."
    )
    farthest: int = Field(
        5, ge=1, description="Patches, those that the map marks most, whose features are averaged."
    )
    spread: int = Field(
        20, ge=2, description="Patches, likewise, whose features' standard deviation is added."
    )
    tiles: TileParams | None = Field(
        None, description="How its photographs are cut; null as images.tiles says."
    )
    width: float = Field(
        2.0,
        gt=0,
        description="Of the kernel exp(-d / width), with d the mean squared difference of "
        "standardised features.",
    )
    ridge: float = Field(1.0, gt=0, description="Penalty, for good and bad parts weighing 1 each.")
    most_goods: int = Field(
        3000,
        ge=2,
        description="Good parts that it learns from, drawn by seed: what it takes grows with their "
        "number's cube.",
    )

    @property
    def levels(self) -> tuple[int, ...]:
        """All feature levels that are looked at, ascending."""
        return tuple(sorted({*self.layers, *self.pooled_layers}))

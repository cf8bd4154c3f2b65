"""Settings of PaDiM."""

from __future__ import annotations

from pydantic import Field

from vadline.detectors.params import FeatureParams


class PaDiMParams(FeatureParams):
    """PaDiM (Defard et al. 2021)."""

    kind: str = "padim"
    layers: tuple[int, ...] = Field(
        (3, 4),
        description="Feature levels. With level 2 there are four times the locations, memory and "
        "time, with level 1 too, as the authors', sixteen times, and parts are told apart no "
        "better.",
    )
    channels: int | None = Field(
        100, ge=1, description="Channels kept, drawn by seed (all, if fewer); null for all."
    )
    ridge: float = Field(0.01, gt=0, description="Added to the diagonal of every covariance.")
    fit_megabytes: int = Field(
        1000,
        ge=1,
        description="Memory for the covariances during the fit; where they need more, the images "
        "are read several times.",
    )

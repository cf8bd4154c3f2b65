"""Settings of F2PAD's benchmark."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from vadline.defects.params import PASTES, BenchmarkParams, Paste

Setting = Literal["normal", "few"]
Solver = Literal["proposals", "gradient"]


class F2PADBenchmarkParams(BaseModel, extra="forbid", frozen=True):
    """The paper's tables I to IV and its figure 7 (section IV), on goods of the source at hand.

    Everything else that F2PAD leaves open is taken from ``f2pad``. Names may be one string, apart
    by spaces.
    """

    detectors: tuple[str, ...] = Field(
        (),
        description="Detectors whose masks are refined, each a key of `detectors` or a kind: a "
        "list, or names apart by spaces; null for patchcore, padim and cflow.",
    )
    settings: tuple[Setting, ...] = Field(
        ("normal", "few"),
        min_length=1,
        description="normal: detectors learn from all goods that carry no defect (table I); few: "
        "from `shots` of them (table II).",
    )
    shots: int = Field(16, ge=1, description="Goods to learn from in the setting few.")
    pastes: tuple[Paste, ...] = Field(
        PASTES,
        min_length=1,
        description="What a defect is filled with: colour, as in the paper, one far from what it "
        "covers; near, the covered pixels, shifted; textured, a patch from elsewhere, shifted.",
    )
    solvers: tuple[Solver, ...] = Field(
        ("proposals", "gradient"), min_length=1, description="Ways to solve, each measured."
    )
    images: int = Field(54, ge=1, description="Test images of each kind of paste.")
    validation: int = Field(
        18, ge=1, description="Further images, of all pastes in turn, to choose weights on."
    )
    seeds: int = Field(
        1, ge=1, description="Seeds, from `seed` on; tables hold mean and standard deviation."
    )
    sparsity: tuple[float, ...] = Field(
        (0.3, 0.6, 0.9), min_length=1, description="`f2pad.sparsity` to choose from for proposals."
    )
    rho: tuple[float, ...] = Field(
        (1.5, 3.0, 6.0), min_length=1, description="`f2pad.rho` to choose from for gradient."
    )
    ablation: bool = Field(
        True,
        description="Also solve without pixel prior, without sparsity and with gradient sharing "
        "(table III); on the first of `pastes` and `settings` alone.",
    )
    defects: BenchmarkParams = Field(BenchmarkParams(), description="The defects that are made.")

    @field_validator("detectors", "settings", "pastes", "solvers", "sparsity", "rho", mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        words = str(value).replace(",", " ").split()
        return words if isinstance(value, str | int | float) else value

    @field_validator("detectors", "settings", "pastes", "solvers", "sparsity", "rho")
    @classmethod
    def _each_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(value))

"""Parameters of SegAD, checked before the first image is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from vadline.defects.params import SyntheticParams
from vadline.segad.published import COMPONENTS

SegmentKind = Literal["vad", "grid", "png", "whole", "auto", "foreground"]
ForestKind = Literal["brf", "rf", "bt"]
BlendKind = Literal["off", "count", "cv", "safe"]


class SegmentParams(BaseModel, extra="forbid", frozen=True):
    """The segmentation map; see `vadline.segad.segments.make_segments`."""

    kind: SegmentKind | None = Field(
        None,
        description="vad, grid, png (a label picture), whole (the ablation One Seg., table 6) or "
        "auto (k-means on what good parts look like and how they vary; whole where they are not "
        "aligned), foreground (each photograph's own: what differs from the colour of its border, "
        "which is the background's; all of it where nothing does); null: vad for the sources vad "
        "and demo, otherwise whole with less than 40 known bad parts, and auto with more",
    )
    rows: int = Field(3, ge=1, le=64, description="rows of the grid")
    cols: int = Field(3, ge=1, le=64, description="columns of the grid")
    count: int = Field(6, ge=2, le=16, description="segments of kind auto")
    path: Path | None = Field(
        None,
        description="label picture of kind png: one grey per segment; of kind foreground, which "
        "needs none: all greys but 0 lie on top of the foreground",
    )

    @model_validator(mode="after")
    def _needs_path(self) -> SegmentParams:
        if self.kind == "png" and self.path is None:
            raise ValueError("path is missing: kind png needs a label picture")
        return self

    @property
    def per_part(self) -> bool:
        """Whether each photograph has segments of its own."""
        return self.kind == "foreground"


class ForestParams(BaseModel, extra="forbid", frozen=True):
    """The final classifier (appendix A.1); see `vadline.segad.forest.BoostedRandomForest`."""

    kind: ForestKind = Field(
        "brf",
        description="brf (boosted random forest: 10 rounds of 200 trees at learning rate 0.3), or "
        "its ablations rf (one round of 2000 trees at rate 1) and bt (2000 rounds of one tree, all "
        "columns per tree)",
    )
    balance: bool = Field(
        True,
        description="weigh bad parts with goods / bads, as the authors' code (the paper is silent)",
    )
    trees: int | None = Field(
        None,
        ge=1,
        description="trees per round; null: the kind's own. Fewer are faster and a little noisier",
    )
    max_depth: int = Field(5, ge=1, description="depth of a tree")
    subsample: float = Field(0.6, gt=0, le=1, description="share of rows per tree")
    colsample: float = Field(0.6, gt=0, le=1, description="share of columns per tree and per node")
    reg_alpha: float = Field(1.0, ge=0, description="L1 penalty")
    n_jobs: int = Field(
        1,
        description="threads; the trees do not depend on it",
        json_schema_extra={"changes_results": False},
    )


class BlendParams(BaseModel, extra="forbid", frozen=True):
    """How much the forest leans on its detectors; see `vadline.segad.blend`.

    A kind alone stands for all of it: ``blend: count``.
    """

    kind: BlendKind = Field(
        "off",
        description="off: the forest's margin alone, as in the paper. count: w = bads / (bads + "
        "half_count). cv: the w of 0, 0.1, ... 1 with the best AUROC over out-of-fold margins; "
        "with fewer bads than folds it falls back to count. safe: the detectors' mean whole, and w "
        "of forest and w (2 + bads / 100) of the probe on top, counting known bads alone",
    )
    half_count: float | None = Field(
        None,
        gt=0,
        description="bad parts at which w is a half; null: 20 for count and cv, 10 for safe",
    )
    folds: int = Field(
        5,
        ge=2,
        description="folds for the out-of-fold margins, which also standardise the margin: a "
        "forest's margins on its own training goods are far lower than on new ones",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, settings: Any) -> Any:
        return {"kind": settings} if isinstance(settings, str) else settings


class SetupParams(BaseModel, extra="forbid", frozen=True):
    """One row of the SegAD table: which scores a forest sees."""

    detectors: tuple[str, ...] = Field(min_length=1, description="detectors whose maps count")
    classifier: str | None = Field(
        None, description="supervised classifier whose score enters as the feature g"
    )
    whole: bool = Field(
        False, description="describe the part as one segment, whatever `segments` says"
    )
    probe: bool = Field(False, description="add the probe's score, under blend: safe")
    blend: BlendParams | None = Field(None, description="of this set-up; null for segad.blend")


class SegADParams(BaseModel, extra="forbid", frozen=True):
    """Everything SegAD leaves open."""

    segments: SegmentParams = Field(SegmentParams(), description="the segmentation map")
    synthetic: SyntheticParams = Field(
        SyntheticParams(), description="defects made where the protocol has no bad parts"
    )
    forest: ForestParams = Field(ForestParams(), description="the final classifier")
    blend: BlendParams = Field(
        BlendParams(), description="how much it leans on the detectors while bads are few"
    )
    setups: dict[str, SetupParams] = Field(
        default_factory=dict, description="forests to grow, by their row's name"
    )
    include_image_score: bool = Field(
        False, description="each detector's image score as a feature, as the authors' VisA code"
    )


class VisaParams(BaseModel, extra="forbid", frozen=True):
    """SegAD's table on VisA, from its authors' maps; see `vadline.segad.published`."""

    root: str | None = Field(
        None,
        description="folder with the authors' anomaly_maps and visa_segm; relative to where kedro "
        "runs",
    )
    classes: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="classes of VisA: a list, or names apart by spaces; null for those that are "
        "in the folder",
    )
    bad_parts: int = Field(10, ge=1, description="bad parts to learn from, drawn by each seed")
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(
        (333, 576, 725, 823, 831, 902, 226, 598, 874, 589),
        min_length=1,
        description="of draws and forests, results being means over them: a list, or numbers "
        "apart by spaces; the authors' ten by default",
    )

    @field_validator("classes", "seeds", mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        return str(value).replace(",", " ").split() if isinstance(value, str | int) else value

    @field_validator("classes")
    @classmethod
    def _are_known(cls, classes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in classes or ():
            if name not in COMPONENTS:
                raise ValueError(f"{name!r} is no class of VisA; it has: {', '.join(COMPONENTS)}")
        return classes and tuple(dict.fromkeys(classes))

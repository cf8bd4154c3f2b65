"""Parameters of SegAD, checked before the first image is read."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vadline.defects.params import SyntheticParams
from vadline.segad.blend import BlendedForest, BlendKind
from vadline.segad.forest import BoostedRandomForest, ForestKind
from vadline.segad.segments import SegmentKind


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SegmentParams(_Params):
    """The segmentation map; see `vadline.segad.segments.make_segments`."""

    kind: SegmentKind = Field("vad", description="vad, grid, png (a label picture) or whole")
    rows: int = Field(3, ge=1, le=64, description="rows of the grid")
    cols: int = Field(3, ge=1, le=64, description="columns of the grid")
    path: Path | None = Field(None, description="label picture of kind png: one grey per segment")

    @model_validator(mode="after")
    def _needs_path(self) -> SegmentParams:
        if self.kind == "png" and self.path is None:
            raise ValueError("path is missing: kind png needs a label picture")
        return self


class ForestParams(_Params):
    """The final classifier; see `vadline.segad.forest.BoostedRandomForest`."""

    kind: ForestKind = Field("brf", description="brf (the paper's), or its ablations rf and bt")
    balance: bool = Field(True, description="weigh bad parts with goods / bads")
    trees: int | None = Field(None, ge=1, description="trees per round; null: the kind's own")
    max_depth: int = Field(5, ge=1, description="depth of a tree")
    subsample: float = Field(0.6, gt=0, le=1, description="share of rows per tree")
    colsample: float = Field(0.6, gt=0, le=1, description="share of columns per tree and per node")
    reg_alpha: float = Field(1.0, ge=0, description="L1 penalty")
    n_jobs: int = Field(1, description="threads; the trees do not depend on it")

    def build(self, random_state: int) -> BoostedRandomForest:
        """Make the unfitted forest."""
        return BoostedRandomForest(**self.model_dump(), random_state=random_state)


class SetupParams(_Params):
    """One row of the SegAD table: which scores a forest sees."""

    detectors: tuple[str, ...] = Field(min_length=1, description="detectors whose maps count")
    classifier: str | None = Field(
        None, description="supervised classifier whose score enters as the feature g"
    )


class SegADParams(_Params):
    """Everything SegAD leaves open."""

    segments: SegmentParams = Field(SegmentParams(), description="the segmentation map")
    synthetic: SyntheticParams = Field(
        SyntheticParams(), description="defects made where the protocol has no bad parts"
    )
    forest: ForestParams = Field(ForestParams(), description="the final classifier")
    setups: dict[str, SetupParams] = Field(
        default_factory=dict, description="forests to grow, by their row's name"
    )
    include_image_score: bool = Field(
        False, description="each detector's image score as a feature, as the authors' VisA code"
    )
    blend: BlendKind = Field(
        "off", description="off (the paper), count or cv: lean on the detectors while bads are few"
    )
    half_count: float = Field(
        20.0, gt=0, description="bad parts at which blend count gives the forest half of the say"
    )
    folds: int = Field(5, ge=2, description="folds for the blend's out-of-fold margins")

    def build(self, random_state: int) -> BlendedForest:
        """Make the unfitted classifier of one set-up."""
        return BlendedForest(
            self.forest.build(random_state), self.blend, self.half_count, self.folds
        )

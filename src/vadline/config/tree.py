"""The whole of the settings, checked before the first image is read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from pydantic import BaseModel, Field, SerializeAsAny, model_validator

from vadline.apc.params import APCAblationParams, APCParams
from vadline.backbones import BackboneParams
from vadline.config.decide import DecideParams
from vadline.config.line import MEAN, NO_PROBE, Line, LineParams
from vadline.detectors import DetectorParams, detector_class
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams
from vadline.f2pad.params import F2PADParams
from vadline.images.params import ImageParams
from vadline.inspection.params import InspectParams
from vadline.probe.params import ProbeParams
from vadline.segad import PROBE
from vadline.segad.params import SegADParams, VisaParams
from vadline.sources.params import SourceParams
from vadline.splits.params import SplitParams


class Parameters(BaseModel, extra="forbid", frozen=True):
    """The whole of ``parameters.yml``, defaults included and completed.

    Made by :func:`vadline.config.parsing.parse`, which also fills in what follows from the rest.
    """

    seed: int = Field(0, ge=0, description="Of every random choice.")
    review: str | None = Field(
        None,
        description="A review.csv of a report, to take in: what people say of parts is kept for "
        "all later runs. Relative to where kedro runs.",
    )
    line: LineParams = LineParams()
    source: SourceParams = SourceParams()
    images: ImageParams = ImageParams()
    split: SplitParams = SplitParams()
    backbone: BackboneParams = BackboneParams()
    apc: APCParams = APCParams()
    apc_ablation: APCAblationParams = APCAblationParams()
    detectors: dict[str, SerializeAsAny[DetectorParams]] = Field(
        default_factory=dict, description="Settings by the detector's name in the line."
    )
    probe: ProbeParams = ProbeParams()
    segad: SegADParams = SegADParams()
    segad_visa: VisaParams = VisaParams()
    f2pad: F2PADParams = F2PADParams()
    f2pad_benchmark: F2PADBenchmarkParams = F2PADBenchmarkParams()
    decide: DecideParams = DecideParams()
    inspect: InspectParams = InspectParams()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        _require(self.line.detectors, self.detectors, "line.detectors", "detectors")
        for taken in (MEAN, PROBE):
            if taken in self.line.detectors:
                raise ValueError(f"line.detectors names {taken!r}, a row of its own: rename it")
        _require(
            [self.line.probe], [*self.line.detectors, NO_PROBE], "line.probe", "line.detectors"
        )
        if self.line.probe != NO_PROBE and self.split.scheme == "holdout":
            raise ValueError(
                "line.probe needs folds: set split.scheme=cross_fit, or line.probe=none"
            )
        _require(self.line.refined, self.line.detectors, "line.refined", "line.detectors")
        setups = self.segad.setups
        _require(self.line.setups, setups, "line.setups", "segad.setups")
        for name in self.line.setups:
            members = setups[name].detectors
            used = [*members, *filter(None, [setups[name].classifier])]
            _require(used, self.line.detectors, f"segad.setups.{name}", "line.detectors")
            if setups[name].probe and self.line.probe == NO_PROBE:
                raise ValueError(
                    f"segad.setups.{name} has probe: true, and there is none: name in line.probe "
                    "the detector whose maps it looks at"
                )
            if self.split.scheme == "holdout":
                for member in members:
                    self._leaves_the_forest_unseen(name, member)
        for name in self.line.refined:
            if not _can_be_refined(self.detectors[name]):
                raise ValueError(f"line.refined: {name} has no loss that F2PAD can minimise")
        tried = self.f2pad_benchmark.detectors
        _require(tried, self.detectors, "f2pad_benchmark.detectors", "detectors")
        for name in tried:
            if not _can_be_refined(self.detectors[name]):
                raise ValueError(
                    f"f2pad_benchmark.detectors: {name} has no loss that F2PAD can minimise"
                )
            if getattr(self.detectors[name], "encoder", "pretrained") == "apc":
                raise ValueError(
                    f"f2pad_benchmark.detectors: {name} stands on APC's features, and the "
                    "benchmark tunes none: leave it out"
                )
        if not self.line.setups:
            raise ValueError(
                "line.setups is empty, so no score decides: name a detector that leaves the "
                "forest's images unseen (patchcore) in line.detectors"
            )
        _require([self.decide.setup], self.line.setups, "decide.setup", "line.setups")
        return self

    def _leaves_the_forest_unseen(self, setup: str, member: str) -> None:
        if self.detectors[member].role in ("classifier", "training"):
            raise ValueError(
                f"segad.setups.{setup}: {member} learns from the forest's images too; set "
                f"detectors.{member}.learn_from to finetune, name it as the set-up's classifier, "
                "or leave it out"
            )

    def shape(self) -> Line:
        """Return what the pipelines are built from."""
        used = {name: self.detectors[name] for name in self.line.detectors}
        return Line(
            **self.line.model_dump(),
            cross_fit=self.split.scheme == "cross_fit",
            encoders={name: getattr(how, "encoder", "pretrained") for name, how in used.items()},
            roles={name: how.role for name, how in used.items()},
        )


def _can_be_refined(detector: DetectorParams) -> bool:
    return hasattr(detector_class(detector.kind), "refinement_loss")


def _require(names: Collection[str | None], known: Collection[str], key: str, where: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"{key} names {unknown[0]!r}, which {where} does not have; set both "
            f"({where} has: {', '.join(known) or 'nothing'})"
        )

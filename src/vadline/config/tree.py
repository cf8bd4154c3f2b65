"""Every parameter of the line, checked before the first image is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from vadline.apc.params import APCParams
from vadline.backbones import BackboneParams, check_backbone
from vadline.config.complete import complete, role_of
from vadline.config.line import Line, LineParams
from vadline.detectors import DetectorParams, detector_class, parse_detector
from vadline.errors import VadlineError
from vadline.f2pad.params import F2PADParams
from vadline.segad.params import SegADParams


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoParams(_Strict):
    """How much of the demo product is rendered."""

    train_good: int = Field(200, ge=1, description="Good parts to train on.")
    train_bad: int = Field(60, ge=0, description="Known bad parts to train on.")
    test_good: int = Field(60, ge=0, description="Good parts of the test part.")
    test_bad: int = Field(45, ge=0, description="Bad parts of kinds that training has.")
    test_unseen: int = Field(15, ge=0, description="Bad parts of kinds that training lacks.")
    seed: int = Field(0, ge=0, description="Of the rendering, apart from the line's seed.")


class SourceParams(_Strict):
    """Where the photographs come from."""

    name: Literal["vad", "visa", "mvtec", "elpv", "mtd", "folder", "demo"] = Field(
        "demo", description="The adapter, by the layout of the folder."
    )
    root: str | None = Field(
        None, description="The folder; relative to where kedro runs. Not used by elpv."
    )
    category: str | None = Field(
        None,
        pattern=r"^[\w .-]*\w$",
        description="Product, for mvtec and visa; mono or poly for elpv. It names a folder.",
    )
    demo: DemoParams = Field(DemoParams(), description="Read by the demo source only.")


class ImageParams(_Strict):
    """How photographs become arrays."""

    size: int = Field(256, ge=32, multiple_of=32, description="Side in pixels after resizing.")
    workers: int | None = Field(None, ge=1, description="Decoding threads; null for all cores.")
    sixteen_bit_max: int = Field(
        65535, ge=1, le=65535, description="Value of a 16-bit image that becomes white."
    )


class SplitParams(_Strict):
    """Who learns from what (SegAD section 5; REFERENCES for MTD and ELPV)."""

    protocol: Literal["one_class", "low_shot", "high_shot", "supervised"] = Field(
        "high_shot",
        description="Bads for training: none; the source's list or `shots`; all; `shots` of test.",
    )
    shots: int = Field(10, ge=0, description="Bads for training under low_shot and supervised.")
    detector_share: float = Field(
        0.5, gt=0, le=1, description="Share of the training goods that detectors learn from."
    )
    calibration_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the training goods that only set thresholds."
    )
    finetune_bads: int = Field(
        10, ge=0, description="Training bads that fine-tune the extractor, at most half of them."
    )
    test_good_share: float = Field(
        0.25, gt=0, lt=1, description="Share of goods to test on where the source has no split."
    )
    on_duplicate: Literal["fail", "drop_train"] = Field(
        "fail", description="What to do when a test image also stands in training."
    )


class DecideParams(_Strict):
    """From scores to decisions, and what is drawn."""

    setup: str | None = Field(
        None, description="The set-up whose score decides; null for all_ad, or the only one."
    )
    false_reject_rate: float = Field(
        0.05, gt=0, lt=1, description="Share of good calibration parts that may be rejected."
    )
    gallery: int = Field(8, ge=1, description="Parts shown in the gallery.")


def _detector(settings: Any) -> DetectorParams:
    if not isinstance(settings, dict):
        raise ValueError(f"{settings!r} is no mapping: give the detector's settings by their names")
    try:
        return parse_detector(settings)
    except VadlineError as error:
        raise ValueError(str(error).rstrip(".")) from error


class Parameters(_Strict):
    """The whole of ``parameters.yml``."""

    seed: int = Field(0, ge=0, description="Of every random choice.")
    line: LineParams
    source: SourceParams
    images: ImageParams
    split: SplitParams
    backbone: BackboneParams
    apc: APCParams
    detectors: dict[str, Annotated[SerializeAsAny[DetectorParams], BeforeValidator(_detector)]]
    segad: SegADParams
    f2pad: F2PADParams
    decide: DecideParams

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        _require(self.line.detectors, self.detectors, "line.detectors", "detectors")
        _require(self.line.refined, self.line.detectors, "line.refined", "line.detectors")
        setups = self.segad.setups
        _require(self.line.setups, setups, "line.setups", "segad.setups")
        for name in self.line.setups:
            members = setups[name].detectors
            used = [*members, *filter(None, [setups[name].classifier])]
            _require(used, self.line.detectors, f"segad.setups.{name}", "line.detectors")
            for member in members:
                self._leaves_the_forest_unseen(name, member)
        for name in self.line.refined:
            if not hasattr(detector_class(self.detectors[name].kind), "refinement_loss"):
                raise ValueError(f"line.refined: {name} has no loss that F2PAD can minimise")
        if not self.line.setups:
            raise ValueError(
                "line.setups is empty, so no score decides: name a detector that leaves the "
                "forest's images unseen (patchcore) in line.detectors"
            )
        _require([self.decide.setup], self.line.setups, "decide.setup", "line.setups")
        return self

    def _leaves_the_forest_unseen(self, setup: str, member: str) -> None:
        role = role_of(self.detectors[member].model_dump())
        if role in ("classifier", "training"):
            raise ValueError(
                f"segad.setups.{setup}: {member} learns from the forest's images too; set "
                f"detectors.{member}.learn_from to finetune, name it as the set-up's classifier, "
                "or leave it out"
            )

    def configured_line(self) -> Line:
        """Return what the pipelines are built from."""
        return Line(
            **self.line.model_dump(),
            encoders={
                name: getattr(self.detectors[name], "encoder", "pretrained")
                for name in self.line.detectors
            },
            roles={
                name: role_of(self.detectors[name].model_dump()) for name in self.line.detectors
            },
        )


def _require(names: Any, known: Any, key: str, where: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"{key} names {unknown[0]!r}, which {where} does not have; set both "
            f"({where} has: {', '.join(known) or 'nothing'})"
        )


def parse(raw: dict[str, Any]) -> Parameters:
    """Check the parameters of a run.

    Parameters
    ----------
    raw : dict
        As Kedro merged them from the environments and the command line.

    Returns
    -------
    Parameters
        Completed by :func:`vadline.config.complete.complete`.

    Raises
    ------
    VadlineError
        If a key is unknown or missing or a value is out of range: one line for all of them. If
        there is no such backbone, or its weights file is not there.
    """
    whole = complete(raw)
    try:
        parameters = Parameters.model_validate(whole)
    except ValidationError as error:
        raise VadlineError("Parameters: " + "; ".join(_explain(error, whole)) + ".") from error
    used = [parameters.detectors[name].backbone for name in parameters.line.detectors]
    for net in (parameters.backbone, *filter(None, used)):
        check_backbone(net.name, net.weights, net.sha256)
    return parameters


def _explain(error: ValidationError, raw: dict[str, Any]) -> Iterator[str]:
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            known = _known_keys(item["loc"][:-1], raw)
            close = difflib.get_close_matches(str(item["loc"][-1]), known, 1)
            hint = f", {close[0]} may be meant" if close else f"; known: {', '.join(known)}"
            yield f"{key} is not a parameter{hint}"
        elif item["type"] == "value_error":
            yield (f"{key}: " if key else "") + str(item["ctx"]["error"])
        else:
            yield f"{key} = {item['input']!r}: {item['msg'].lower()}"


def _known_keys(path: tuple[int | str, ...], raw: dict[str, Any]) -> list[str]:
    model: Any = Parameters
    if path[:1] == ("detectors",):  # whose keys depend on their kind
        model, path = detector_class(raw["detectors"][path[1]]["kind"]).Params, path[2:]
    for part in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
        field = model.model_fields.get(str(part))
        model = field.annotation if field else None
        if getattr(model, "__origin__", None) is dict:
            model = model.__args__[1]
            return list(model.model_fields) if len(path) > 1 else []
    return list(model.model_fields) if hasattr(model, "model_fields") else []

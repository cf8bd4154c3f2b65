"""Every parameter of the line, checked before the first image is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Self

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
from vadline.images.params import ImageParams
from vadline.segad.params import SegADParams
from vadline.sources.params import SourceParams
from vadline.splits.params import SplitParams


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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

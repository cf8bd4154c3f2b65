"""From what Kedro merged to the checked tree; every mistake is told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from vadline.backbones import check_backbone
from vadline.config.complete import complete
from vadline.config.tree import Parameters
from vadline.detectors import detector_class
from vadline.errors import VadlineError


def parse(raw: dict[str, Any], reviewed_bads: bool = False) -> Parameters:
    """Check the parameters of a run.

    Parameters
    ----------
    reviewed_bads : bool
        Whether people have called parts bad, beside those that the source knows.

    Returns
    -------
    Parameters
        Completed by :func:`vadline.config.complete.complete`; each detector and APC have their
        backbone.

    Raises
    ------
    VadlineError
        If a key is unknown or missing or a value is out of range: one line for all of them. If
        there is no such backbone, or its weights file is not there.
    """
    whole = complete(raw, reviewed_bads)
    try:
        parameters = Parameters.model_validate(whole)
    except ValidationError as error:
        raise VadlineError("Parameters: " + "; ".join(_explain(error, whole)) + ".") from error
    parameters = _with_tiles(_with_backbones(parameters))
    used = [parameters.detectors[name].network() for name in parameters.line.detectors]
    for net in dict.fromkeys((parameters.backbone, parameters.apc.network(), *used)):
        check_backbone(net.name, net.weights, net.sha256)
    return parameters


def _with_backbones(parameters: Parameters) -> Parameters:
    """Give the line's backbone to whoever has none of its own, so that nodes need one setting."""
    own = {"backbone": parameters.backbone}
    detectors = {
        name: detector if detector.backbone else detector.model_copy(update=own)
        for name, detector in parameters.detectors.items()
    }
    apc = parameters.apc if parameters.apc.backbone else parameters.apc.model_copy(update=own)
    return parameters.model_copy(update={"detectors": detectors, "apc": apc})


def _with_tiles(parameters: Parameters) -> Parameters:
    """Cut photographs as ``images.tiles`` says for whoever does not say it itself."""
    if (cut := parameters.images.cut()) is None:
        return parameters
    own = {"tiles": cut}
    detectors = {
        name: detector if detector.tiles else detector.model_copy(update=own)
        for name, detector in parameters.detectors.items()
    }
    apc, probe = (each.model_copy(update=own) for each in (parameters.apc, parameters.probe))
    return parameters.model_copy(update={"detectors": detectors, "apc": apc, "probe": probe})


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

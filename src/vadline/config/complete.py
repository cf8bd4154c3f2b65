"""What follows from the settings that were given: detectors, set-ups, who decides."""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from vadline.config.line import NO_PROBE
from vadline.detectors import KINDS, Detector, DetectorParams, detector_class
from vadline.errors import VadlineError
from vadline.sources.folder import knows_bads
from vadline.sources.params import SourceParams

ALL = "all"
_DEFAULT_DETECTORS = {
    "patchcore": {},
    "padim": {},
    "apc": {"kind": "patchcore", "encoder": "apc"},
}
_BENCHMARKED = ("patchcore", "padim", "cflow")
# Roles that leave the forest's images unseen: by the papers' shares, or because folds do.
_FOREST_UNSEEN = {
    "holdout": ("detector", "finetune"),
    "cross_fit": ("detector", "finetune", "training"),
}


# Whose parts lie as VAD's do.
_VAD_LAYOUT = ("vad", "demo")


def complete(raw: dict[str, Any], reviewed_bads: bool = False) -> dict[str, Any]:
    """Fill in the settings that follow from others, where they are null or absent.

    Lists of names may be one string: names apart by spaces, or ``all``. ``line.detectors`` are the
    entries of ``detectors``, without those on APC's features where no bad part is known; one
    without an entry is of the kind that it is named by. ``line.setups`` are one for each detector
    that leaves the forest's images unseen, ``all_ad`` of all of these, and, for each classifier
    (one that learns from the role ``classifier``), that classifier beside the first detector and
    beside all; under folds also ``segad_safe``, of all and, where bad parts are known, the probe,
    which ``line.probe``, the first of them, tells where to look. Each blends as ``segad.blend``
    says where it does not say it itself. ``line.refined`` is the first that F2PAD can refine.
    ``decide.setup`` is ``segad_safe``, ``all_ad`` or the first set-up, whichever is grown.
    ``f2pad_benchmark.detectors`` are the three of F2PAD's paper, those without an entry of their
    kind, and without those whose entry is no such detector on pretrained features.
    ``segad.segments.kind`` is ``vad`` for sources of its layout; else the split decides it.

    Completing again changes nothing. ``raw`` is left as it is, and mistakes for the check.
    """
    whole = copy.deepcopy(raw)
    line, detectors = _mapping(whole, "line"), _mapping(whole, "detectors", _DEFAULT_DETECTORS)
    segad, bads = _mapping(whole, "segad"), _knows_bads(whole, reviewed_bads)
    if _source(whole) in _VAD_LAYOUT:
        segments = _mapping(segad, "segments")
        segments["kind"] = "vad" if segments.get("kind") is None else segments["kind"]
    chosen = _names(line.get("detectors"), [*_every_kind(detectors)])
    if chosen is None:
        chosen = [name for name in detectors if bads or not _tuned(name, detectors[name])]
    if not isinstance(chosen, list):
        return whole
    line["detectors"] = chosen
    for name in dict.fromkeys([*detectors, *chosen]):
        entry = detectors[name] = {} if detectors.get(name) is None else detectors[name]
        if isinstance(entry, dict) and "kind" not in entry and name in KINDS:
            entry["kind"] = name
    _benchmark(whole, detectors)
    known = {name: detectors[name] for name in chosen if _class(detectors.get(name))}
    roles, scheme = {name: _role(own) for name, own in known.items()}, _scheme(whole)
    unseen = [name for name, role in roles.items() if role in _FOREST_UNSEEN[scheme]]
    line.setdefault("probe", None)
    derived = _setups(roles, unseen)
    if unseen and scheme == "cross_fit":
        probe = line["probe"] != NO_PROBE and bads
        safe = {"detectors": unseen, "whole": True, "probe": probe, "blend": "safe"}
        derived["segad_safe"] = safe
    segad["setups"] = derived | (segad.get("setups") or {})
    for setup in segad["setups"].values():
        if isinstance(setup, dict) and setup.get("blend") is None and segad.get("blend"):
            setup["blend"] = segad["blend"]
    grown = _names(line.get("setups"), list(segad["setups"]))
    line["setups"] = list(segad["setups"]) if grown is None else grown
    if line["probe"] is None:
        used = any(_probes(segad["setups"].get(name)) for name in line["setups"] or ())
        line["probe"] = unseen[0] if used and unseen else NO_PROBE
    refinable = [name for name in chosen if _refinable(detectors.get(name))]
    refined = _names(line.get("refined"), refinable)
    line["refined"] = refinable[:1] if refined is None else refined
    decide = _mapping(whole, "decide")
    if decide.get("setup") is None and line["setups"]:
        best = [name for name in ("segad_safe", "all_ad") if name in line["setups"]]
        decide["setup"] = [*best, line["setups"][0]][0]
    return whole


def _benchmark(whole: dict[str, Any], detectors: dict[str, Any]) -> None:
    """Fill in F2PAD's benchmark's detectors, and an entry for each that is named by its kind."""
    own = _mapping(whole, "f2pad_benchmark")
    entries = {name: detectors.get(name, {"kind": name}) for name in _BENCHMARKED}
    usual = [n for n, how in entries.items() if _refinable(how) and not _tuned(n, how)]
    names = _names(own.get("detectors"), usual)
    own["detectors"] = usual if names is None else names
    if isinstance(own["detectors"], list):
        kinds = [name for name in own["detectors"] if name in KINDS]
        detectors.update({name: {"kind": name} for name in kinds if name not in detectors})


def _refinable(settings: Any) -> bool:
    return hasattr(_class(settings), "refinement_loss")


def _mapping(
    whole: dict[str, Any], key: str, default: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a mapping inside; a detached one where something else stands there."""
    if whole.get(key) is None:
        whole[key] = copy.deepcopy(default or {})
    return whole[key] if isinstance(whole[key], dict) else {}


def _source(whole: dict[str, Any]) -> Any:
    source = whole.get("source") or {}
    return source.get("name") or "demo" if isinstance(source, dict) else None


def _names(value: Any, every: list[str]) -> Any:
    if isinstance(value, str):
        return every if value == ALL else value.replace(",", " ").split()
    return list(value) if isinstance(value, list | tuple) else value


def _every_kind(detectors: dict[str, Any]) -> dict[str, None]:
    kinds = dict.fromkeys(kind for kind in KINDS if kind != "anomalib")
    return kinds | dict.fromkeys(detectors)


def _tuned(name: str, settings: Any) -> bool:
    own = {"kind": name, **settings} if isinstance(settings, dict) else {"kind": name}
    params = getattr(_class(own), "Params", DetectorParams)
    field = params.model_fields.get("encoder")
    return own.get("encoder", field and field.default) == "apc"


def _knows_bads(whole: dict[str, Any], reviewed: bool) -> bool:
    """Tell whether there are bad parts to learn from, as far as can be told before reading."""
    split, source = (whole.get(key) or {} for key in ("split", "source"))
    if not (isinstance(split, dict) and isinstance(source, dict)):
        return True
    if split.get("protocol") != "all":
        return split.get("protocol") != "one_class"
    try:
        own = SourceParams.model_validate(source)
    except ValidationError:  # the check tells what is wrong
        return True
    if own.name != "folder" or own.folder is None:
        return True
    return reviewed or knows_bads(own.folder, own.names())


def _class(settings: Any) -> type[Detector] | None:
    """Return the class of a detector, ``None`` where the check will find that there is none."""
    try:
        return detector_class(settings["kind"])
    except (VadlineError, KeyError, TypeError):
        return None


def _role(settings: dict[str, Any]) -> str:
    try:
        return DetectorParams.model_validate(settings).role
    except ValidationError:
        return "detector"


def _scheme(whole: dict[str, Any]) -> str:
    split = whole.get("split")
    return (
        "holdout" if isinstance(split, dict) and split.get("scheme") == "holdout" else "cross_fit"
    )


def _probes(setup: Any) -> bool:
    return isinstance(setup, dict) and bool(setup.get("probe"))


def _setups(roles: dict[str, str], unseen: list[str]) -> dict[str, dict[str, Any]]:
    classifiers = [name for name, role in roles.items() if role == "classifier"]
    if not unseen:
        return {}
    setups: dict[str, dict[str, Any]] = {name: {"detectors": [name]} for name in unseen}
    if len(unseen) > 1:
        setups["all_ad"] = {"detectors": unseen}
    for g in classifiers:
        setups[f"{unseen[0]}_{g}"] = {"detectors": unseen[:1], "classifier": g}
    if classifiers and len(unseen) > 1:
        setups["all_ad_classifier"] = {"detectors": unseen, "classifier": classifiers[0]}
    return setups

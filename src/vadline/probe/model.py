"""The probe as a model that rests: its backbone and its classifiers."""

from __future__ import annotations

from vadline.backbones import (
    BackboneParams,
    FeatureExtractor,
    build_extractor,
    pick_device,
    remembering,
)
from vadline.backbones.weights import load_into, without_prefix
from vadline.probe.features import PartFeatures
from vadline.probe.params import ProbeParams
from vadline.probe.probe import Probe
from vadline.state import ModelState

_BODY, _PROBE = "body.", "probe."


def pretrained(backbone: BackboneParams, params: ProbeParams) -> FeatureExtractor:
    """Build the backbone, with all levels that the probe looks at."""
    return build_extractor(backbone.name, params.levels, backbone.weights, backbone.sha256)


def probe_features(backbone: BackboneParams, params: ProbeParams) -> PartFeatures:
    """Build what describes parts, on the GPU if there is one."""
    extractor = pretrained(backbone, params).to(pick_device("auto")).folded()
    return PartFeatures(remembering(extractor, begin=True), params)


def probe_state(probe: Probe, extractor: FeatureExtractor, backbone: str) -> ModelState:
    """Return a fitted probe and its backbone, of that name, as data."""
    body = extractor.body.state_dict(prefix=_BODY)
    tensors = {f"{_PROBE}{name}": tensor for name, tensor in probe.tensors().items()}
    return ModelState({**body, **tensors}, {"backbone": backbone, **probe.config()})


def load_probe(state: ModelState) -> tuple[PartFeatures, Probe]:
    """Rebuild what :func:`probe_state` returned; nothing is downloaded."""
    probe = Probe.from_parts(without_prefix(state.tensors, _PROBE), state.config)
    name, levels = state.config["backbone"], probe.params.levels
    extractor = build_extractor(name, levels, weights="random")
    load_into(extractor.body, without_prefix(state.tensors, _BODY), "The saved probe")
    return PartFeatures(extractor.to(pick_device("auto")).folded(), probe.params), probe

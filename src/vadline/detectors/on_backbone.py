"""What detectors on a backbone share: getting it, and keeping it with the saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from vadline.backbones import (
    BackboneParams,
    FeatureExtractor,
    build_extractor,
    pick_device,
    remembering,
)
from vadline.backbones.weights import load_into, without_prefix
from vadline.detectors.base import MapDetector
from vadline.detectors.params import DetectorParams, LayeredParams
from vadline.state import ModelState

_PREFIX = "body."


class OnBackbone(MapDetector):
    """A detector that stands on a backbone.

    Parameters
    ----------
    extractor : FeatureExtractor
        A pretrained or fine-tuned backbone, in evaluation mode; where it is, the detector computes.
    backbone : str
        The extractor's name, kept with the saved model.
    params : LayeredParams, optional
        An instance of ``Params``; the defaults where it is left out.
    name : str, optional
        What progress bars and errors say; the kind where it is left out.
    """

    Params: ClassVar[type[LayeredParams]]
    params: LayeredParams

    def __init__(
        self,
        extractor: FeatureExtractor,
        backbone: str,
        params: LayeredParams | None = None,
        name: str | None = None,
    ) -> None:
        params = params or self.Params.model_validate({})
        super().__init__(params, name or params.kind)
        self.extractor = extractor
        self.backbone = backbone
        self.untuned = False

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> Self:
        """Make an unfitted detector; see :class:`vadline.detectors.protocol.Detector`."""
        own = cls.Params.model_validate(params)
        extractor = pretrained_extractor(own, own.layers, backbone, encoder)
        detector = cls(extractor, backbone.name, own, name)
        detector.untuned = encoder is None
        return detector

    @property
    def device(self) -> torch.device:
        """Where the backbone is."""
        return self.extractor.mean.device

    @cached_property
    def frozen(self) -> FeatureExtractor:
        """The backbone as it was given, made fast for inference."""
        return remembering(self.extractor.folded(), begin=self.untuned)

    def _config(self) -> dict[str, Any]:
        """Return what rebuilding reads, as plain JSON values."""
        return {"backbone": self.backbone, **super()._config()}

    def _tensors(self) -> Mapping[str, Tensor]:
        """Return the backbone's weights; subclasses add what they have learnt."""
        return self.extractor.body.state_dict(prefix=_PREFIX)

    @classmethod
    def _around_random(cls, state: ModelState) -> Self:
        """Rebuild a saved detector around a backbone of random weights; nothing is downloaded."""
        params = cls.Params.model_validate(state.config["params"])
        extractor = build_extractor(state.config["backbone"], params.layers, weights="random")
        return cls(extractor, state.config["backbone"], params, state.config["name"])

    @classmethod
    def _unfitted(cls, state: ModelState) -> Self:
        """Rebuild a saved detector up to what it has learnt besides its backbone."""
        detector = cls._around_random(state)
        weights = without_prefix(state.tensors, _PREFIX)
        load_into(detector.extractor.body, weights, f"The saved model {detector.name}")
        detector.extractor.to(pick_device(detector.params.device))
        return detector


def pretrained_extractor(
    params: DetectorParams,
    layers: Sequence[int],
    backbone: BackboneParams,
    encoder: ModelState | None = None,
) -> FeatureExtractor:
    """Build a detector's backbone on its device, with the fine-tuned ``encoder``, if any."""
    extractor = build_extractor(backbone.name, layers, backbone.weights, backbone.sha256)
    if encoder is not None:
        weights = without_prefix(encoder.tensors, f"encoder.{_PREFIX}")
        load_into(extractor.body, weights, "The fine-tuned encoder")
    return extractor.to(pick_device(params.device))

"""Detectors that train a backbone together with what stands on it."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from vadline.backbones import FeatureExtractor, pick_device
from vadline.backbones.weights import load_into
from vadline.detectors.on_backbone import OnBackbone
from vadline.state import ModelState


class BackboneNetwork(nn.Module):
    """A network that a backbone is a part of.

    Parameters
    ----------
    extractor : FeatureExtractor
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        super().__init__()
        self.extractor = extractor

    def folded(self) -> Self:
        """Return a copy for inference, equal up to rounding, faster and with a frozen backbone."""
        fast = copy.copy(self)
        fast._modules = {**self._modules, "extractor": self.extractor.folded()}
        return fast


class EndToEnd(OnBackbone):
    """A detector whose network holds its own copy of the backbone; a subclass builds and trains it.

    Attributes
    ----------
    network_ : BackboneNetwork
        In evaluation mode.
    """

    network_: BackboneNetwork
    _fast: BackboneNetwork

    @abstractmethod
    def _new_network(self, extractor: FeatureExtractor) -> BackboneNetwork:
        """Build the untrained network on the CPU."""

    def _set_network(self, network: BackboneNetwork) -> None:
        self.network_ = network.eval()
        self._fast = network.folded()

    def _tensors(self) -> Mapping[str, Tensor]:
        """Return all weights of the network, its backbone's among them."""
        return self.network_.state_dict()

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls._around_random(state)
        with torch.random.fork_rng(devices=[]):
            network = detector._new_network(detector.extractor).to(
                pick_device(detector.params.device)
            )
        load_into(network, state.tensors, f"The saved model {detector.name}")
        detector._set_network(network)
        return detector

"""What detectors on a backbone share: getting it, and keeping it with the saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vadline.backbones import (
    BackboneParams,
    FeatureExtractor,
    build_extractor,
    pick_device,
)
from vadline.backbones.weights import load_into
from vadline.detectors.params import DetectorParams
from vadline.state import ModelState

_PREFIX = "body."


def pretrained_extractor(
    params: DetectorParams,
    layers: Sequence[int],
    backbone: BackboneParams,
    encoder: Mapping[str, Tensor] | None = None,
) -> FeatureExtractor:
    """Build a detector's backbone on the detector's device, in evaluation mode.

    Parameters
    ----------
    params : DetectorParams
    layers : sequence of int
        Feature levels.
    backbone : BackboneParams
    encoder : mapping of str to Tensor, optional
        Fine-tuned weights to put into it.

    Returns
    -------
    FeatureExtractor
    """
    extractor = build_extractor(backbone.name, layers, backbone.weights, backbone.sha256)
    if encoder is not None:
        load_into(extractor.body, encoder, "The fine-tuned encoder")
    return extractor.to(pick_device(params.device))


def extractor_tensors(extractor: FeatureExtractor) -> dict[str, Tensor]:
    """Return the backbone's weights under the names that a saved model keeps them by.

    Parameters
    ----------
    extractor : FeatureExtractor

    Returns
    -------
    dict of str to Tensor
        On the CPU.
    """
    return {
        f"{_PREFIX}{name}": tensor.detach().cpu().contiguous()
        for name, tensor in extractor.body.state_dict().items()
    }


def saved_extractor(
    state: ModelState, params: DetectorParams, layers: Sequence[int]
) -> FeatureExtractor:
    """Rebuild the backbone of a saved model; nothing is downloaded.

    Parameters
    ----------
    state : ModelState
        Whose ``config["backbone"]`` is the backbone's name.
    params : DetectorParams
    layers : sequence of int

    Returns
    -------
    FeatureExtractor
        On the detector's device, in evaluation mode.
    """
    extractor = build_extractor(state.config["backbone"], layers, weights="random")
    weights = {
        name.removeprefix(_PREFIX): value
        for name, value in state.tensors.items()
        if name.startswith(_PREFIX)
    }
    load_into(extractor.body, weights, f"The saved model {state.config['name']}")
    return extractor.to(pick_device(params.device))


def images_a_pass(params: DetectorParams, extractor: FeatureExtractor) -> int:
    """Return how many images a forward pass takes."""
    on_cpu = extractor.mean.device.type == "cpu"
    # On a CPU a small batch's activations stay in the caches.
    return params.batch_size or (4 if on_cpu else 64)

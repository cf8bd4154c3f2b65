"""Where anomalib's models get their pretrained networks: from our backbone, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import timm
import torchvision
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from vadline.backbones import BackboneParams
from vadline.backbones.downloads import announce, cannot_download, fetch, hub_place
from vadline.backbones.sources import BUNDLED, find_source, timm_names
from vadline.backbones.weights import bundled_state, load_into, read_state
from vadline.errors import VadlineError

T = TypeVar("T")

_HEADS = ("fc", "classifier")  # torchvision's; a file of features comes without


@contextmanager
def pretrained_from(backbone: BackboneParams | None) -> Iterator[None]:
    """Answer what models ask of timm and torchvision while they are built.

    Many of anomalib's models load a pretrained network in their constructor and leave no way to
    say from where. Inside of the ``with``, a network by the backbone's name gets the backbone's
    weights, bundled or from its file; other names are downloaded as usual. Other threads must not
    build networks meanwhile.

    Parameters
    ----------
    backbone : BackboneParams, optional
        ``None`` to load nothing, as before the tensors of a saved model are put in; so do
        ``weights: random``.

    Raises
    ------
    VadlineError
        If weights cannot be downloaded, or do not fit.
    """
    create_timm, fetch_torchvision = timm.create_model, WeightsEnum.get_state_dict
    given = None if backbone is None or backbone.weights == "random" else backbone

    def create(model_name: str, pretrained: bool = False, **kwargs: Any) -> nn.Module:
        if not pretrained or given is None:
            return create_timm(model_name, pretrained=False, **kwargs)
        if _is_ours(given, model_name):
            network = create_timm(model_name, pretrained=False, **kwargs)
            load_into(network, *_state_of(given))
            return network
        return _downloaded(model_name, lambda: create_timm(model_name, pretrained=True, **kwargs))

    def state(weights: WeightsEnum, *args: Any, **kwargs: Any) -> Mapping[str, Tensor]:
        name = _builder_of(weights)
        network = torchvision.models.get_model(name, weights=None)
        if given is None:
            return network.state_dict()
        if not _is_ours(given, name):
            try:
                return fetch_torchvision(weights, *args, **kwargs)
            except OSError as error:
                raise cannot_download(name, error, weights.url) from error
        found, source = _state_of(given)
        own = network.state_dict().items()
        head = {k: v for k, v in own if k.split(".")[0] in _HEADS}
        load_into(network, {**head, **found}, source)
        return network.state_dict()

    with (
        patch.object(timm, "create_model", create),
        patch.object(WeightsEnum, "get_state_dict", state),
    ):
        yield


def _is_ours(backbone: BackboneParams, name: str) -> bool:
    """Tell whether a network is the backbone, with weights that timm would not load itself."""
    source = find_source(backbone.name)
    elsewhere = backbone.weights is not None or source.url or source.name == BUNDLED
    return bool(elsewhere) and name in (source.architecture, source.architecture.split(".")[0])


def _state_of(backbone: BackboneParams) -> tuple[Mapping[str, Tensor], str]:
    """Read a state dict, and say what to call it in an error."""
    source = find_source(backbone.name)
    path: str | Path | None = backbone.weights
    if path is None and source.url is not None:
        path = fetch(source.name, source.url, source.licence)
    if path is None:
        return bundled_state(timm.create_model(source.architecture)), "The bundled checkpoint"
    return timm_names(source, read_state(path)), f"Weights file {path}"


def _builder_of(weights: WeightsEnum) -> str:
    """Return torchvision's name of the network that some weights are for."""
    for name in torchvision.models.list_models():
        if torchvision.models.get_model_weights(name) is type(weights):
            return name
    raise ValueError(f"no model of torchvision's has the weights {weights}")


def _downloaded(name: str, load: Callable[[], T]) -> T:
    described = f"the weights of timm's {name}"
    try:
        config = timm.get_pretrained_cfg(name)
        if config is not None and (config.hf_hub_id or config.url):
            url, described, cached = hub_place(config)
            if cached is None:
                announce(name, url)
        return load()
    except VadlineError:
        raise
    except Exception as error:  # hub clients raise a zoo of network errors
        raise cannot_download(name, error, described) from error

"""Finds anomalib's models by name and builds them for images of some size."""

from __future__ import annotations

import difflib
import inspect
from pathlib import Path
from typing import Any

import anomalib.models
import timm
from anomalib.models.components import AnomalibModule
from anomalib.pre_processing import PreProcessor
from torchvision.transforms.v2 import Compose, Normalize

from vadline.backbones import BackboneParams
from vadline.backbones.building import feature_info
from vadline.backbones.sources import find_source
from vadline.detectors.anomalib.weights import pretrained_from
from vadline.errors import VadlineError

# Given by the adapter, or not wanted: what learns a post-processing or draws pictures.
_PARTS = ("pre_processor", "post_processor", "evaluator", "visualizer")
_OURS = {
    "backbone": "backbone (name and weights) of the detector",
    "pre_trained": "backbone.weights of the detector",
}


def model_class(name: str) -> type[AnomalibModule]:
    """Find a model of anomalib's for images by its class or snake-case name.

    Raises
    ------
    ValueError
        If there is none.
    """
    known = {model.lower(): model for model in anomalib.models.image.__all__}
    wanted = name.replace("_", "").lower()
    if wanted not in known:
        close = [known[key] for key in difflib.get_close_matches(wanted, known, n=4, cutoff=0.4)]
        raise ValueError(
            f"anomalib has no model {name!r}; "
            + (
                f"close ones: {', '.join(close)}"
                if close
                else f"it has {', '.join(known.values())}"
            )
        )
    return getattr(anomalib.models.image, known[wanted])


def check_options(name: str, options: dict[str, Any]) -> None:
    """Check the names of a model's options.

    Raises
    ------
    ValueError
        If the model takes no such option, or the adapter sets it.
    """
    allowed = sorted(set(_parameters(model_class(name))) - {*_PARTS, *_OURS})
    for option in options:
        if option in _OURS:
            raise ValueError(f"options.{option} of {name}: set the {_OURS[option]} instead")
        if option not in allowed:
            raise ValueError(
                f"{name} has no option {option!r}; it has {', '.join(allowed) or 'none'}"
            )


def build_model(
    name: str,
    options: dict[str, Any],
    size: tuple[int, int],
    backbone: BackboneParams,
    *,
    pretrained: bool,
) -> AnomalibModule:
    """Build a model for images of ``size``, without post-processing, metrics and pictures.

    Parameters
    ----------
    options : dict
        Of the model's constructor.
    backbone : BackboneParams
        Goes to the models that take one; their default layers ``layer1`` to ``layer4`` become the
        backbone's levels 1 to 4, which have the same strides.
    pretrained : bool
        As for :meth:`TrainedDetector.module`.

    Raises
    ------
    VadlineError
        If the model refuses its options, or weights cannot be had.
    """
    model, taken = model_class(name), _parameters(model_class(name))
    given = {key: False for key in _PARTS if key in taken}
    takes_backbone = "backbone" in taken
    if takes_backbone:
        architecture = find_source(backbone.name).architecture
        given |= {"backbone": architecture} | _layers(taken, architecture)
    if "pre_trained" in taken:
        given["pre_trained"] = True
    _check_folders(model, taken, options)
    try:
        if "pre_processor" in taken:
            given["pre_processor"] = _pre_processor(
                model, size, backbone if takes_backbone else None
            )
        with pretrained_from(backbone if pretrained else None):
            return model(**(given | options))
    except (ValueError, TypeError, KeyError, NotImplementedError, AttributeError) as error:
        raise VadlineError(
            f"anomalib's {model.__name__} cannot be built with backbone {given.get('backbone')} "
            f"and options {options}: {' '.join(str(error).split())}"
        ) from error


def _parameters(model: type[AnomalibModule]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(model.__init__).parameters
    return {key: value for key, value in parameters.items() if key != "self"}


def _check_folders(
    model: type[AnomalibModule], taken: dict[str, inspect.Parameter], options: dict[str, Any]
) -> None:
    """Refuse to let a model download a data set of other images into the working folder."""
    for key, parameter in taken.items():
        if key.endswith(("_dir", "_path")) and isinstance(parameter.default, str | Path):
            folder = Path(options.get(key, parameter.default))
            if not folder.is_dir():
                raise VadlineError(
                    f"anomalib's {model.__name__} learns with other images from options.{key}, "
                    f"and {folder} is not a folder: set it to one that holds them."
                )


def _layers(taken: dict[str, inspect.Parameter], architecture: str) -> dict[str, Any]:
    """Translate default layers of a ResNet into those of the backbone."""
    found = {}
    for key in {"layers", "layer"} & set(taken):
        default = taken[key].default
        names = [default] if isinstance(default, str) else list(default or ())
        if names and all(str(layer).startswith("layer") for layer in names):
            levels = feature_info(timm.create_model(architecture, features_only=True)).info
            modules = [level["module"] for level in levels]
            if all(int(layer[5:]) < len(modules) for layer in names):
                names = [modules[int(layer[5:])] for layer in names]
            found[key] = names[0] if isinstance(default, str) else names
    return found


def _pre_processor(
    model: type[AnomalibModule], size: tuple[int, int], backbone: BackboneParams | None
) -> PreProcessor | bool:
    """Return the model's own, with the mean and spread that the backbone was trained with."""
    own = model.configure_pre_processor(image_size=size)
    if own is None or backbone is None:
        return own or False
    source = find_source(backbone.name)
    normalise = Normalize(list(source.mean), list(source.std))
    steps = getattr(own.transform, "transforms", [own.transform])
    return PreProcessor(
        Compose([normalise if isinstance(step, Normalize) else step for step in steps])
    )

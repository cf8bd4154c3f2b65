"""The file that an inspector is: one zip of safetensors, UBJSON, JSON and words; no pickle."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from vadline.errors import VadlineError
from vadline.segad import BlendedForest
from vadline.state import ModelState

FORMAT = "vadline-inspector-1"
CARD = "MODEL_CARD.md"
_SETTINGS, _TENSORS, _FOREST = "inspector.json", "tensors.safetensors", "forest.ubj"
_PLAIN = ("made_by", "setup", "calibration", "drift", "usual")
_THRESHOLDS = "detector_thresholds"  # older bundles have none
_READING, _MASKING, _PROBE, _DETECTOR = "reading", "masking", "probe", "detector:"


@dataclass(frozen=True)
class Bundle:
    """All that an inspector is made of; mappings hold plain JSON values.

    Attributes
    ----------
    made_by : dict
        ``source`` and ``category`` of the product, ``version`` of vadline and ``manifest_hash`` of
        the photographs.
    setup : dict
        ``name`` of the set-up that decides, its settings (``vadline.segad.SetupParams``) and
        ``include_image_score``.
    calibration, drift : dict
        As :class:`vadline.calibration.Calibration` and `DriftCheck` write them; ``drift`` is empty
        where no good part tells.
    usual : dict
        See :func:`vadline.inspection.drivers.usual_features`.
    reading : ModelState
        Config ``size`` (height and width in pixels; one number in older bundles),
        ``sixteen_bit_max``, ``segment_names``, ``per_part`` (whether a photograph has segments of
        its own) and ``mm_per_pixel`` (of a photograph at its own size, None where it is not known);
        older bundles lack the last two. Tensors
        ``segments`` (uint8, (H, W)) and ``region``, the region of interest as it was drawn
        (bool, at any size; left out where there is none).
    masking : ModelState or None
        Config ``detector``, ``threshold`` of its anomaly map and ``f2pad``, the settings; tensors
        ``means`` and ``precisions`` of the pixel prior, and ``references``, good photographs
        (uint8, (R, H, W, 3)). None where no detector of the line makes masks.
    detectors : mapping of str to ModelState
        Fitted, by name.
    forest : BlendedForest
        Of the set-up that decides.
    card : str
        What the inspector is, in words (markdown).
    detector_thresholds : dict
        Of each detector's own image score, by name: ``threshold`` and ``review`` (None where there
        is none), the false-reject rate that is ``promised``, and from how many ``goods``. The
        set-up decides by ``calibration``; these are for a detector alone.
    probe : ModelState or None
        See :func:`vadline.probe.probe_state`; config ``detector``, whose maps say where it looks.
        None where the set-up has none.
    """

    made_by: dict[str, Any]
    setup: dict[str, Any]
    calibration: dict[str, Any]
    drift: dict[str, Any]
    usual: dict[str, Any]
    reading: ModelState
    masking: ModelState | None
    detectors: Mapping[str, ModelState]
    forest: BlendedForest
    card: str
    detector_thresholds: dict[str, Any] = field(default_factory=dict)
    probe: ModelState | None = None


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Write a bundle; tensors that are alike, such as one backbone's weights, stand there once."""
    states = {_READING: bundle.reading}
    if bundle.masking is not None:
        states[_MASKING] = bundle.masking
    if bundle.probe is not None:
        states[_PROBE] = bundle.probe
    states |= {f"{_DETECTOR}{name}": state for name, state in bundle.detectors.items()}
    stored: dict[str, Tensor] = {}
    parts = {}
    for name, state in states.items():
        places = {key: _content(tensor) for key, tensor in state.tensors.items()}
        stored |= {places[key]: _plain(tensor) for key, tensor in state.tensors.items()}
        parts[name] = {"config": state.config, "tensors": places}
    settings = {name: getattr(bundle, name) for name in (*_PLAIN, _THRESHOLDS)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr(_SETTINGS, json.dumps({"format": FORMAT, **settings, "parts": parts}))
        file.writestr(_TENSORS, save(stored))
        file.writestr(_FOREST, bundle.forest.to_bytes())
        file.writestr(CARD, bundle.card)


def read_bundle(path: Path) -> Bundle:
    """Read a bundle.

    Raises
    ------
    VadlineError
        If there is no such file, or it is none that this version reads.
    """
    with _explained(path):
        with zipfile.ZipFile(path) as file:
            settings = _settings(file, path)
            stored = load(file.read(_TENSORS))
            forest, card = BlendedForest.from_bytes(file.read(_FOREST)), file.read(CARD).decode()
        states = {
            name: ModelState({k: stored[at] for k, at in part["tensors"].items()}, part["config"])
            for name, part in settings["parts"].items()
        }
        plain = {name: settings[name] for name in _PLAIN}
        plain[_THRESHOLDS] = settings.get(_THRESHOLDS, {})
    detectors = {
        name.removeprefix(_DETECTOR): state
        for name, state in states.items()
        if name.startswith(_DETECTOR)
    }
    return Bundle(
        **plain,
        reading=states[_READING],
        masking=states.get(_MASKING),
        probe=states.get(_PROBE),
        detectors=detectors,
        forest=forest,
        card=card,
    )


def made_by(path: Path) -> dict[str, Any]:
    """Read of a bundle only what made it; see :class:`Bundle`.

    Raises
    ------
    VadlineError
        As :func:`read_bundle`.
    """
    with _explained(path), zipfile.ZipFile(path) as file:
        return _settings(file, path)["made_by"]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a file into a line for the user."""
    try:
        yield
    except FileNotFoundError as error:
        raise VadlineError(
            f"there is no inspector {path}: make one with kedro run --pipeline=segad_vad, or name "
            "it with inspect.bundle"
        ) from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise VadlineError(
            f"{path} is no inspector, or not whole ({reason}): copy it again, or make it with "
            "kedro run --pipeline=segad_vad"
        ) from error


def _settings(file: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    settings = json.loads(file.read(_SETTINGS))
    if settings.get("format") != FORMAT:
        raise VadlineError(
            f"{path} has the format {settings.get('format')}, this version reads {FORMAT}: make it "
            "again with kedro run --pipeline=segad_vad"
        )
    return settings


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()


def _content(tensor: Tensor) -> str:
    """Name a tensor by its type, shape and values."""
    plain = _plain(tensor)
    told = hashlib.sha256(f"{plain.dtype} {tuple(plain.shape)} ".encode())
    told.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes())
    return told.hexdigest()

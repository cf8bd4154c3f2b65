"""Finds detectors by the kind that the configuration names."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

from vadline.detectors.params import DetectorParams
from vadline.detectors.protocol import Detector
from vadline.detectors.tiled import Tiled
from vadline.errors import VadlineError
from vadline.state import ModelState

# Imported when asked for: the adapters need an extra.
KINDS = {
    "patchcore": "vadline.detectors.patchcore:PatchCore",
    "padim": "vadline.detectors.padim.detector:PaDiM",
    "cflow": "vadline.detectors.cflow.detector:CFlow",
    "fastflow": "vadline.detectors.anomalib.fastflow:FastFlow",
    "rd4ad": "vadline.detectors.anomalib.rd4ad:RD4AD",
    "efficientad": "vadline.detectors.anomalib.efficientad:EfficientAD",
    "anomalib": "vadline.detectors.anomalib.adapter:AnomalibDetector",
    "wrn": "vadline.detectors.supervised.wrn:WRN",
    "devnet": "vadline.detectors.supervised.devnet:DevNet",
    "dra": "vadline.detectors.dra.detector:DRA",
    "prnet": "vadline.detectors.prnet.detector:PRNet",
    "apc_cls": "vadline.apc.detectors:APCCls",
    "apc_segm": "vadline.apc.detectors:APCSegm",
    "apc_fused": "vadline.apc.fused:APCFused",
}


def detector_class(kind: str) -> type[Detector]:
    """Return the class of a kind of detector.

    Parameters
    ----------
    kind : str
        A key of ``KINDS``, or ``package.module:Class``.

    Returns
    -------
    type
        Behaves as :class:`vadline.detectors.protocol.Detector` asks for.

    Raises
    ------
    VadlineError
        If there is none, or a package that it needs is not installed.
    """
    place = KINDS.get(kind, kind)
    module, _, name = place.partition(":")
    if not name:
        raise VadlineError(
            f"kind {kind!r} is not a detector: choose {', '.join(KINDS)}, or package.module:Class "
            "of your own."
        )
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if not module.startswith(f"{error.name}"):
            raise
        raise VadlineError(
            f"kind {kind!r}: there is no module {error.name}; put it where Python finds it."
        ) from error
    except AttributeError as error:
        raise VadlineError(f"kind {kind!r}: module {module} has no class {name}.") from error


def params_class(settings: Mapping[str, Any]) -> type[DetectorParams]:
    """Return the class of a detector's settings, which have the key ``kind``.

    Raises
    ------
    VadlineError
        If the kind is missing or unknown.
    """
    if "kind" not in settings:
        raise VadlineError(f"kind is missing: choose {', '.join(KINDS)}.")
    return detector_class(settings["kind"]).Params


def load_detector(state: ModelState) -> Detector:
    """Rebuild a fitted detector of any kind from its ``state``, possibly of another process."""
    if "models" in state.config:  # one a tile, or one for all
        return cast(Detector, Tiled.from_state(state))
    return detector_class(state.config["params"]["kind"]).from_state(state)


def unfitted(params: DetectorParams, name: str, encoder: ModelState | None = None) -> Detector:
    """Make an unfitted detector of any kind, on its own network; see `Detector.build`."""
    whole = params.model_copy(update={"tiles": None})

    def build() -> Detector:
        return detector_class(params.kind).build(whole, whole.network(), name, encoder)

    # Whoever asks for a class gets that of a tile's.
    return build() if params.tiles is None else cast(Detector, Tiled(params, build))

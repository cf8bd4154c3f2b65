"""Writing an ONNX file, with what is needed to read photographs and to decide in its metadata."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vadline.detectors import load_detector
from vadline.detectors.on_backbone import OnBackbone
from vadline.errors import VadlineError
from vadline.export.graph import PaDiMGraph, PatchCoreGraph
from vadline.export.setup_graph import SetupGraph
from vadline.images.encode import as_png
from vadline.images.region import BLANK, Region
from vadline.images.shape import height_width
from vadline.inspection import Bundle, Inspector, read_bundle
from vadline.progress import without_bars
from vadline.segad import WHOLE, whole_segment
from vadline.state import ModelState

FORMAT = "vadline-onnx-2"
METADATA = "vadline"
"""The metadata's key; its value is JSON."""
TOLERANCE = 1e-4
"""Of a detector's score, by which onnxruntime's may differ."""

_GRAPHS: dict[str, Any] = {"patchcore": PatchCoreGraph, "padim": PaDiMGraph}
_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_OPSET = 20
_TRIED = 3  # photographs that a file is tried on
_SPLIT = 1e-2  # of a set-up's score: a split may fall between two roundings of a statistic


def export_onnx(inspector: Bundle | Path, out: Path, detector: str | None = None) -> None:
    """Write an inspector, or one of its detectors, as one ONNX file.

    Without ``detector`` it is the whole set-up that the inspector decides by, forest and all, with
    its thresholds: what it says is what the inspector says. With one, it decides by that detector's
    own image score and a threshold of its own, which out-of-fold scores of good training parts
    give.

    The input ``images`` is uint8 (N, H, W, 3), read by the rules in the metadata; the outputs are
    ``anomaly_map``, float32 (N, H, W), of the detector that masks come from where the file holds
    it, and ``score``, float32 (N,). The metadata's key ``vadline`` holds JSON: ``size`` (H and W),
    ``sixteen_bit_max``, ``region`` (a PNG in base64 that is white where pixels are painted in the
    colour ``blank``, before resizing and after; or null), ``threshold`` and ``review`` (or null),
    ``promised`` and ``goods``, ``decides`` (the name of set-up or detector), ``made_by`` and
    ``format``.

    Parameters
    ----------
    inspector : Bundle or Path
        What a run has left, or its file.
    out : Path
        Replaced if it is there.
    detector : str, optional
        Its name in the line; all of the set-up's where it is left out.

    Raises
    ------
    VadlineError
        If the extra ``onnx`` is missing, there is no such detector, its kind cannot be exported,
        the set-up looks at foregrounds, a bundle is too old to know its threshold, or
        onnxruntime's scores are others.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise VadlineError(
            f"an ONNX file needs {', '.join(missing)}: pip install 'vadline[onnx]', or the extra "
            "onnx of this project"
        )
    bundle = inspector if isinstance(inspector, Bundle) else read_bundle(inspector)
    names = _needed(bundle, detector)
    metadata = _metadata(bundle, detector)
    roi = _region_at(bundle)
    fitted = {name: _on_cpu(bundle.detectors[name]) for name in names}
    graphs = {name: _GRAPHS[d.params.kind](d, roi) for name, d in fitted.items()}
    images = _photographs(bundle)
    if detector is None:
        graph: nn.Module = SetupGraph(graphs, *_segments(bundle), bundle.forest, bundle.probe)
        own = Inspector(bundle).judge(images).table["score"].to_numpy()
    else:
        graph = graphs[detector]
        with without_bars():
            own = fitted[detector].score(images, np.arange(len(images)), roi)[1]
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    try:
        _write(graph.eval(), metadata, partial)
        _try(partial, images, own, _SPLIT if detector is None else TOLERANCE)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _needed(bundle: Bundle, detector: str | None) -> list[str]:
    """Name the detectors that a file needs, that of the masks first.

    Raises
    ------
    VadlineError
        If one of them is not there or of a kind that has no graph.
    """
    kinds = {each: s.config["params"]["kind"] for each, s in bundle.detectors.items()}
    able = [each for each, kind in kinds.items() if kind in _GRAPHS]
    choice = f"choose {', '.join(able)}" if able else "this inspector has none that can"
    if detector is not None and detector not in kinds:
        raise VadlineError(f"this inspector has no detector {detector!r}; {choice}")
    setup = bundle.setup
    looked_at = bundle.probe.config["detector"] if bundle.probe else None
    whole = [*setup["detectors"], setup["classifier"], looked_at]
    names = [detector] if detector else whole
    for name in filter(None, names):
        if kinds.get(name) and bundle.detectors[name].config["params"].get("tiles"):
            raise VadlineError(
                f"{name} looks at tiles, which ONNX files cannot: leave images.tiles out, and "
                "raise images.size"
            )
        if name not in able:
            needs = "" if detector else f"the set-up {setup['name']} needs {name}: "
            raise VadlineError(
                f"{needs}{name} is of kind {kinds[name]}, and ONNX files hold "
                f"{' and '.join(_GRAPHS)}; {choice} with --detector"
            )
    first = bundle.masking.config["detector"] if bundle.masking else None
    return sorted(dict.fromkeys(filter(None, names)), key=lambda name: name != first)


def _segments(bundle: Bundle) -> tuple[NDArray[np.uint8], list[str]]:
    """Return the segments that a graph describes, and their names.

    Raises
    ------
    VadlineError
        If the set-up looks at segments that each photograph has of its own.
    """
    segments, rules = bundle.reading.tensors["segments"].numpy(), bundle.reading.config
    if not rules.get("per_part", False):
        return segments, rules["segment_names"]
    if not bundle.setup.get("whole", False):
        raise VadlineError(
            f"the set-up {bundle.setup['name']} looks at each photograph's own foreground, which "
            "ONNX files cannot find: choose one detector with --detector, or let segad_safe decide"
        )
    return whole_segment(segments), [WHOLE]


def _metadata(bundle: Bundle, detector: str | None) -> dict[str, Any]:
    if detector is None:
        reject, review = (bundle.calibration[key] for key in ("reject", "review"))
        known = {key: reject[key] for key in ("threshold", "promised", "goods")}
        known["review"] = None if review is None else review["threshold"]
    elif detector in bundle.detector_thresholds:
        known = bundle.detector_thresholds[detector]
    else:
        raise VadlineError(
            f"this inspector does not know the threshold of {detector} alone, as older ones do "
            "not: make it again with kedro run --pipeline=segad_vad, or export the whole set-up"
        )
    decides = detector or bundle.setup["name"]
    if not known["goods"]:
        raise VadlineError(f"no good part has told a threshold of {decides}: add good parts")
    rules, drawn = bundle.reading.config, bundle.reading.tensors.get("region")
    outside = None
    if drawn is not None:
        white = np.where(drawn.numpy(), 0, 255).astype(np.uint8)
        outside = base64.b64encode(as_png(white)).decode()
    return {
        "format": FORMAT,
        "made_by": bundle.made_by,
        "decides": decides,
        "size": list(height_width(rules["size"])),
        "sixteen_bit_max": rules["sixteen_bit_max"],
        "blank": list(BLANK),
        "region": outside,
        **known,
    }


def _on_cpu(state: ModelState) -> OnBackbone:
    params = {**state.config["params"], "device": "cpu"}
    detector = load_detector(ModelState(state.tensors, {**state.config, "params": params}))
    assert isinstance(detector, OnBackbone)
    return detector


def _region_at(bundle: Bundle) -> NDArray[np.bool_]:
    drawn, size = bundle.reading.tensors.get("region"), height_width(bundle.reading.config["size"])
    return np.ones(size, bool) if drawn is None else Region(drawn.numpy()).at(*size[::-1])


def _write(graph: nn.Module, metadata: dict[str, Any], path: Path) -> None:
    # Two images: a batch of one would become a constant.
    images = torch.zeros(2, *metadata["size"], 3, dtype=torch.uint8)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's, about itself
        program = torch.onnx.export(
            graph,
            (images,),
            dynamo=True,
            opset_version=_OPSET,
            input_names=["images"],
            output_names=["anomaly_map", "score"],
            dynamic_shapes={"images": {0: torch.export.Dim("n")}},
            verbose=False,
        )
    assert program is not None
    program.model.metadata_props[METADATA] = json.dumps(metadata)
    program.save(path, external_data=False)


def _photographs(bundle: Bundle) -> NDArray[np.uint8]:
    """Return some good photographs, or noise where the bundle has none.

    They are mirrored: a tree's splits lie on values of what it has learnt from, where rounding
    decides on which side of them a training photograph falls.
    """
    if bundle.masking is not None:
        return bundle.masking.tensors["references"][:_TRIED].flip(2).numpy()
    shape = _TRIED, *height_width(bundle.reading.config["size"]), 3
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _try(path: Path, images: NDArray[np.uint8], own: NDArray[np.float64], tolerance: float) -> None:
    """Hold onnxruntime's scores against our own."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(["score"], {"images": images})
    if not np.allclose(found, own, rtol=tolerance, atol=tolerance):
        worst = float(np.abs(found - own).max())
        raise VadlineError(
            f"onnxruntime's scores are off by {worst:.3g}, so that no file was left: please report "
            "the backbone"
        )

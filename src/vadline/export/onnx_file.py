"""Writing an ONNX file, with what is needed to read photographs and to decide in its metadata."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from vadline.detectors import load_detector
from vadline.detectors.on_backbone import OnBackbone
from vadline.errors import VadlineError
from vadline.export.graph import DetectorGraph, PaDiMGraph, PatchCoreGraph
from vadline.images.region import BLANK, Region
from vadline.inspection import Bundle, read_bundle
from vadline.progress import without_bars
from vadline.state import ModelState

FORMAT = "vadline-onnx-1"
METADATA = "vadline"
"""The metadata's key; its value is JSON."""
TOLERANCE = 1e-4
"""Of a score, by which onnxruntime's may differ from the detector's own."""

_GRAPHS: dict[str, Any] = {"patchcore": PatchCoreGraph, "padim": PaDiMGraph}
_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_OPSET = 20
_TRIED = 3  # photographs that a file is tried on


def export_onnx(inspector: Bundle | Path, out: Path, detector: str | None = None) -> None:
    """Write one detector of an inspector as one ONNX file.

    It decides by that detector's own image score and a threshold of its own, which out-of-fold
    scores of good training parts give; it is not the set-up of several detectors and a forest that
    the inspector decides by.

    The input ``images`` is uint8 (N, S, S, 3), read by the rules in the metadata; the outputs are
    ``anomaly_map``, float32 (N, S, S), and ``score``, float32 (N,). The metadata's key ``vadline``
    holds JSON: ``size``, ``sixteen_bit_max``, ``region`` (a PNG in base64 that is white where
    pixels are painted in the colour ``blank``, before resizing and after; or null), ``threshold``
    and ``review`` (or null), ``promised`` and ``goods``, ``detector``, ``made_by`` and ``format``.

    Parameters
    ----------
    inspector : Bundle or Path
        What a run has left, or its file.
    out : Path
        Replaced if it is there.
    detector : str, optional
        Its name in the line; may be left out where the inspector has one that can be exported.

    Raises
    ------
    VadlineError
        If the extra ``onnx`` is missing, there is no such detector, its kind cannot be exported, a
        bundle is too old to know its threshold, or onnxruntime's scores are not the detector's.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise VadlineError(
            f"an ONNX file needs {', '.join(missing)}: pip install 'vadline[onnx]', or the extra "
            "onnx of this project"
        )
    bundle = inspector if isinstance(inspector, Bundle) else read_bundle(inspector)
    name = _choose(bundle, detector)
    metadata = _metadata(bundle, name)
    fitted = _on_cpu(bundle.detectors[name])
    size, roi = metadata["size"], _region_at(bundle)
    graph = _GRAPHS[fitted.params.kind](fitted, size, roi).eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    try:
        _write(graph, size, metadata, partial)
        _try(partial, fitted, _photographs(bundle), roi)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _choose(bundle: Bundle, name: str | None) -> str:
    kinds = {each: s.config["params"]["kind"] for each, s in bundle.detectors.items()}
    able = [each for each, kind in kinds.items() if kind in _GRAPHS]
    if name is None and len(able) == 1:
        return able[0]
    choice = f"choose {', '.join(able)}" if able else "this inspector has none that can"
    if name is None:
        raise VadlineError(f"one detector goes into a file; {choice} with --detector")
    if name not in kinds:
        raise VadlineError(f"this inspector has no detector {name!r}; {choice}")
    if name not in able:
        raise VadlineError(
            f"{name} is of kind {kinds[name]}, and ONNX files hold {' or '.join(_GRAPHS)}; {choice}"
        )
    return name


def _metadata(bundle: Bundle, name: str) -> dict[str, Any]:
    if name not in bundle.detector_thresholds:
        raise VadlineError(
            f"this inspector does not know the threshold of {name} alone, as older ones do not: "
            "make it again with kedro run --pipeline=segad_vad"
        )
    if bundle.detector_thresholds[name]["threshold"] is None:
        raise VadlineError(f"no good part has told a threshold of {name}: add good parts")
    rules, drawn = bundle.reading.config, bundle.reading.tensors.get("region")
    return {
        "format": FORMAT,
        "made_by": bundle.made_by,
        "detector": name,
        "size": rules["size"],
        "sixteen_bit_max": rules["sixteen_bit_max"],
        "blank": list(BLANK),
        "region": None if drawn is None else _png(~drawn.numpy()),
        **bundle.detector_thresholds[name],
    }


def _png(mask: NDArray[np.bool_]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _on_cpu(state: ModelState) -> OnBackbone:
    params = {**state.config["params"], "device": "cpu"}
    detector = load_detector(ModelState(state.tensors, {**state.config, "params": params}))
    assert isinstance(detector, OnBackbone)
    return detector


def _region_at(bundle: Bundle) -> NDArray[np.bool_]:
    size, drawn = bundle.reading.config["size"], bundle.reading.tensors.get("region")
    return np.ones((size, size), bool) if drawn is None else Region(drawn.numpy()).at(size, size)


def _write(graph: DetectorGraph, size: int, metadata: dict[str, Any], path: Path) -> None:
    # Two images: a batch of one would become a constant.
    images = torch.zeros(2, size, size, 3, dtype=torch.uint8)
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
    """Return some good photographs, or noise where the bundle has none."""
    if bundle.masking is not None:
        return bundle.masking.tensors["references"][:_TRIED].numpy()
    size = bundle.reading.config["size"]
    return np.random.default_rng(0).integers(0, 256, (_TRIED, size, size, 3), dtype=np.uint8)


def _try(
    path: Path, detector: OnBackbone, images: NDArray[np.uint8], roi: NDArray[np.bool_]
) -> None:
    """Hold onnxruntime's scores against the detector's own."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(["score"], {"images": images})
    with without_bars():
        own = detector.score(images, np.arange(len(images)), roi)[1]
    if not np.allclose(found, own, rtol=TOLERANCE, atol=TOLERANCE):
        worst = float(np.abs(found - own).max())
        raise VadlineError(
            f"onnxruntime's scores of {detector.name} are off by {worst:.3g}, so that no file was "
            "left: please report the backbone"
        )

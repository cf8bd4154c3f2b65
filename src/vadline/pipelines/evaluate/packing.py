"""The part of the stage evaluate that packs the inspector of new photographs."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node

from vadline.config.current import current
from vadline.config.line import Line, bound
from vadline.pipelines.evaluate import inspector

_SETTINGS = ["inspector_maker", "split", "calibration", "drift_check", "usual"]
_TABLES = ["detection", "segad"]
_RATES = ["params:decide.false_reject_rate", "params:decide.review_rate"]
_READING = ["params:source", "segments", "segment_names"]
_READING += ["sixteen_bit_max", "params:images.mm_per_pixel"]


def nodes(line: Line) -> list[Node]:
    """Build the nodes: what it is, how it reads, how it masks, and all together."""
    setup = _setup()
    made = line.refined[:1]
    models = [f"{name}.model" for name in line.detectors]
    parts = ["inspector_settings", "detector_thresholds", "inspector_reading"]
    parts += [f"{setup['name']}_forest", *models]
    rest = ["probe.model"] if setup["probe"] else []
    rest += ["inspector_masking"] if made else []
    pack = bound(
        inspector.pack_inspector,
        names=list(line.detectors),
        probe=line.probe if setup["probe"] else None,
        masks=bool(made),
    )
    return [
        Node(
            inspector.learn_thresholds,
            inputs=["segad_features", "split", *_RATES],
            outputs="detector_thresholds",
            name="learn_thresholds",
        ),
        Node(
            inspector.name_maker,
            inputs=["params:source", "manifest"],
            outputs="inspector_maker",
            name="name_maker",
        ),
        Node(
            bound(inspector.describe_inspector, setup=setup),
            inputs=[*_SETTINGS, *_TABLES],
            outputs="inspector_settings",
            name="describe_inspector",
        ),
        Node(
            bound(inspector.pack_reading, per_part=current().segad.segments.per_part),
            inputs=_READING,
            outputs="inspector_reading",
            name="pack_reading",
        ),
        *(_masking(name) for name in made),
        Node(pack, inputs=[*parts, *rest], outputs="inspector", name="pack_inspector"),
    ]


def usual() -> Node:
    """Learn what good parts usually score: decisions take it before the inspector does."""
    return Node(
        bound(inspector.learn_usual, detectors=_setup()["detectors"]),
        inputs=["segad_features", "split"],
        outputs="usual",
        name="learn_usual",
    )


def _setup() -> dict[str, Any]:
    segad, name = current().segad, str(current().decide.setup)
    return {
        "name": name,
        "include_image_score": segad.include_image_score,
        **segad.setups[name].model_dump(mode="json"),
    }


def _masking(detector: str) -> Node:
    return Node(
        bound(inspector.pack_masking, detector=detector),
        inputs=[
            "images",
            f"{detector}.pixel_prior",
            f"{detector}.mask_threshold",
            "params:f2pad",
        ],
        outputs="inspector_masking",
        name="pack_masking",
    )

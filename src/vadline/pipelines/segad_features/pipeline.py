"""The stage segad_features: one node a detector, one that joins them, and one for the probe.

Where photographs have segments of their own, one more.
"""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current, current_line
from vadline.config.line import bound
from vadline.pipelines.segad_features.nodes import (
    describe_parts,
    describe_segments,
    join_features,
    segment_parts,
)
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = current_line()
    join = Node(
        join_features,
        inputs=[f"{name}.segment_features" for name in line.detectors],
        outputs="segad_features",
        name="join_features",
    )
    nodes = [join, *([_probe(line.probe)] if line.has_probe() else [])]
    if current().segad.segments.per_part:
        nodes.append(_parts())
    return as_stage("segad_features", *nodes, *map(_detector, line.detectors))


def described() -> str:
    """Name the dataset of the segments that maps are described by."""
    return "part_segments" if current().segad.segments.per_part else "segments"


def _parts() -> Node:
    return Node(
        segment_parts,
        inputs=["images", "split", "synthetic", "segments"],
        outputs="part_segments",
        name="segment_parts",
    )


def _detector(name: str) -> Pipeline:
    shared = ["split", described(), "segment_names"]
    return Pipeline(
        [
            Node(
                bound(describe_segments, name=name),
                inputs=["anomaly_maps", "synthetic_maps", "scores", *shared],
                outputs="segment_features",
                name="describe_segments",
            )
        ],
        namespace=name,
        inputs=set(shared),
    )


def _probe(detector: str) -> Node:
    return Node(
        describe_parts,
        inputs=[
            *["images", "split", f"{detector}.anomaly_maps"],
            *["params:probe", "params:backbone"],
        ],
        outputs="probe.features",
        name="describe_parts",
    )

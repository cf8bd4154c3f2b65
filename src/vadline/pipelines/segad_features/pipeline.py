"""The stage segad_features: one node a detector, one that joins them, and one for the probe."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.pipelines.segad_features.nodes import (
    describe_parts,
    describe_segments,
    join_features,
)


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = current_line()
    join = Node(
        join_features,
        inputs=[f"{name}.segment_features" for name in line.detectors],
        outputs="segad_features",
        name="join_features",
        tags="segad_features",
    )
    nodes = [join, *([_probe(line.probe)] if line.has_probe() else [])]
    return sum((_detector(name) for name in line.detectors), Pipeline(nodes))


def _detector(name: str) -> Pipeline:
    shared = ["split", "segments", "segment_names"]
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
        tags="segad_features",
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
        tags="segad_features",
    )

"""The stage segad_features: one node a detector, and one that joins them."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.pipelines.segad_features.nodes import describe_segments, join_features


def create_pipeline() -> Pipeline:
    """Build the stage."""
    detectors = current_line().detectors
    join = Node(
        join_features,
        inputs=[f"{name}.segment_features" for name in detectors],
        outputs="segad_features",
        name="join_features",
        tags="segad_features",
    )
    return sum((_detector(name) for name in detectors), Pipeline([join]))


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

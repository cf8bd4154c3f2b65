"""The stage segad_features: one node a detector, and one that joins them."""

from functools import partial, update_wrapper

from kedro.pipeline import Node, Pipeline

from vadline.line import configured
from vadline.pipelines.segad_features.nodes import describe_segments, join_features


def create_pipeline() -> Pipeline:
    """Build the stage."""
    detectors = configured().detectors
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
    parameters = ["params:images", f"params:detectors.{name}"]
    own = ["anomaly_maps", "synthetic_maps", "scores"]
    describe = update_wrapper(partial(describe_segments, name=name), describe_segments)
    return Pipeline(
        [
            Node(
                describe,
                inputs=[*own, *shared, *parameters],
                outputs="segment_features",
                name="describe_segments",
            )
        ],
        namespace=name,
        inputs=set(shared),
        parameters=set(parameters),
        tags="segad_features",
    )

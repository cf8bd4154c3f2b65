"""The stage score_maps: one node a detector."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.pipelines.score_maps.nodes import score


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return sum((_detector(name) for name in current_line().detectors), Pipeline([]))


def _detector(name: str) -> Pipeline:
    shared = ["images", "split", "roi", "synthetic"]
    return Pipeline(
        [
            Node(
                score,
                inputs=["model", *shared],
                outputs=["anomaly_maps", "synthetic_maps", "scores"],
                name="score",
            )
        ],
        namespace=name,
        inputs=set(shared),
        tags="score_maps",
    )

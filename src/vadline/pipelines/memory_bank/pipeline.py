"""The stage memory_bank: one node a detector."""

from kedro.pipeline import Node, Pipeline

from vadline.line import bound, configured
from vadline.pipelines.memory_bank.nodes import fit


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = configured()
    return sum((_detector(name, line.encoders[name]) for name in line.detectors), Pipeline([]))


def _detector(name: str, encoder: str) -> Pipeline:
    shared = ["images", "split", "roi"]
    fine_tuned = ["apc_encoder"] if encoder == "apc" else []
    parameters = [f"params:detectors.{name}", "params:backbone", "params:seed"]
    return Pipeline(
        [
            Node(
                bound(fit, name=name),
                inputs=[*shared, *parameters, *fine_tuned],
                outputs="model",
                name="fit",
            )
        ],
        namespace=name,
        inputs={*shared, *fine_tuned},
        parameters=set(parameters),
        tags="memory_bank",
    )

"""The stage memory_bank: one node a detector."""

from kedro.pipeline import Node, Pipeline

from vadline.config.line import bound, configured
from vadline.pipelines.memory_bank.nodes import fit, fit_supervised

_LABELLED = ["synthetic_images", "synthetic_masks", "synthetic"]


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return sum((_detector(name) for name in configured().detectors), Pipeline([]))


def _detector(name: str) -> Pipeline:
    line = configured()
    role = line.roles[name]
    function, shared = bound(fit, name=name), ["images", "split", "roi"]
    if role != "detector":
        function = bound(fit_supervised, name=name, role=role)
        shared = ["images", "masks", "manifest", "split", *_LABELLED, "roi"]
    fine_tuned = ["apc_encoder"] if line.encoders[name] == "apc" else []
    parameters = [f"params:detectors.{name}", "params:backbone", "params:seed"]
    node = Node(function, inputs=[*shared, *parameters, *fine_tuned], outputs="model", name="fit")
    return Pipeline(
        [node],
        namespace=name,
        inputs={*shared, *fine_tuned},
        parameters=set(parameters),
        tags="memory_bank",
    )

"""The stage memory_bank: one node a detector."""

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.pipelines.memory_bank.nodes import fit, fit_supervised
from vadline.pipelines.stage import as_stage
from vadline.state import ModelState


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return as_stage("memory_bank", *map(_detector, current_line().detectors))


def _detector(name: str) -> Pipeline:
    line = current_line()
    function: Callable[..., ModelState] = fit
    shared = ["images", "split", "roi"]
    if line.roles[name] != "detector":
        function, shared = fit_supervised, ["images", "masks", "roi", "split", "synthetic"]
    fine_tuned = ["apc_encoder"] if line.encoders[name] == "apc" else []
    parameters = [f"params:detectors.{name}", "params:seed"]
    node = Node(
        bound(function, name=name),
        inputs=[*shared, *parameters, *fine_tuned],
        outputs="model",
        name="fit",
    )
    return Pipeline(
        [node],
        namespace=name,
        inputs={*shared, *fine_tuned},
        parameters=set(parameters),
    )

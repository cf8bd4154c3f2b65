"""The stage score_maps: one node a detector, or two where its folds are scored apart."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import Line
from vadline.pipelines.score_maps import nodes as of
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = current_line()
    build = _cross_fit if line.cross_fit else _holdout
    return as_stage("score_maps", *(build(name, line) for name in line.detectors))


def _holdout(name: str, line: Line) -> Pipeline:
    shared = ["images", "split", "roi", "synthetic"]
    node = Node(
        of.score,
        inputs=["model", *shared],
        outputs=["anomaly_maps", "synthetic_maps", "scores"],
        name="score",
    )
    return Pipeline([node], namespace=name, inputs=set(shared))


def _cross_fit(name: str, line: Line) -> Pipeline:
    parameters = [f"params:detectors.{name}", "params:seed"]
    function: Callable[..., Any] = of.score_folds
    shared = ["images", "split", "roi", "synthetic"]
    if line.roles[name] != "detector":
        shared = ["images", "masks", "roi", "split", "synthetic"]
        function = of.score_folds_supervised
    encoders = ["apc_fold_encoders"] if line.encoders[name] == "apc" else []
    folds = Node(
        function,
        inputs=[*shared, *parameters, "fold_scratch", *encoders],
        outputs=["fold_maps", "synthetic_maps", "fold_scores"],
        name="score_folds",
    )
    rest = Node(
        of.score_rest,
        inputs=["model", "images", "split", "roi", "fold_maps", "fold_scores"],
        outputs=["anomaly_maps", "scores"],
        name="score",
    )
    return Pipeline(
        [folds, rest],
        namespace=name,
        inputs={*shared, *encoders},
        parameters=set(parameters),
    )

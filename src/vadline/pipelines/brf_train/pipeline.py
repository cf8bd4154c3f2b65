"""The stage brf_train: the probe, one node a set-up, their scores in one table, thresholds."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current, current_line
from vadline.config.line import bound
from vadline.pipelines.brf_train.nodes import (
    calibrate_scores,
    grow_forest,
    join_scores,
    learn_probe,
)
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line, setups = current_line(), current().segad.setups
    join = Node(
        bound(join_scores, names=list(line.setups)),
        inputs=[f"{setup}_scores" for setup in line.setups],
        outputs="segad_scores",
        name="join_scores",
    )
    nodes = [_setup(name, setups[name].probe) for name in line.setups]
    probe = [_probe()] if line.has_probe() else []
    return as_stage("brf_train", *probe, *nodes, join, _calibrate())


def _calibrate() -> Node:
    names = ("setup", "false_reject_rate", "review_rate", "bad_share")
    return Node(
        calibrate_scores,
        inputs=["segad_scores", "split", *(f"params:decide.{name}" for name in names)],
        outputs="calibration",
        name="calibrate_scores",
    )


def _probe() -> Node:
    return Node(
        learn_probe,
        inputs=["probe.features", "split", "params:probe", "params:backbone", "params:seed"],
        outputs=["probe.model", "probe.scores"],
        name="learn_probe",
    )


def _setup(setup: str, probe: bool) -> Node:
    return Node(
        grow_forest,
        inputs=[
            "segad_features",
            "split",
            "synthetic",
            f"params:segad.setups.{setup}",
            "params:segad.forest",
            "params:segad.include_image_score",
            "params:seed",
            *(["probe.scores"] if probe else []),
        ],
        outputs=[f"{setup}_forest", f"{setup}_scores", f"{setup}_importances"],
        name=f"grow_forest_{setup}",
    )

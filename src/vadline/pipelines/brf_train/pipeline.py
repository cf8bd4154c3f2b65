"""The stage brf_train: one node a set-up, and one that joins their scores."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.pipelines.brf_train.nodes import grow_forest, join_scores


def create_pipeline() -> Pipeline:
    """Build the stage."""
    setups = current_line().setups
    join = Node(
        bound(join_scores, names=list(setups)),
        inputs=[f"{setup}_scores" for setup in setups],
        outputs="segad_scores",
        name="join_scores",
    )
    return Pipeline([*(_setup(setup) for setup in setups), join], tags="brf_train")


def _setup(setup: str) -> Node:
    return Node(
        grow_forest,
        inputs=[
            "segad_features",
            "split",
            "synthetic",
            f"params:segad.setups.{setup}",
            "params:segad.forest",
            "params:segad.blend",
            "params:segad.include_image_score",
            "params:seed",
        ],
        outputs=[f"{setup}_forest", f"{setup}_scores", f"{setup}_importances"],
        name=f"grow_forest_{setup}",
    )

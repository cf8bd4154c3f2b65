"""The stage apc_finetune."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.pipelines.apc_finetune.nodes import finetune, finetune_folds
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage; it is empty where no detector uses the fine-tuned encoder."""
    line = current_line()
    if not line.uses_apc():
        return Pipeline([])
    common = ["images", "masks", "roi", "split", "synthetic", "params:apc", "params:seed"]
    function: Callable[..., Any] = finetune_folds if line.cross_fit else finetune
    node = Node(
        function,
        inputs=[*common, "apc_checkpoints"],
        outputs=["apc_encoder", "apc_history", *(["apc_fold_encoders"] if line.cross_fit else [])],
        name="finetune",
    )
    return as_stage("apc_finetune", node)

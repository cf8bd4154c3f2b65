"""The stage apc_finetune."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.pipelines.apc_finetune.nodes import finetune


def create_pipeline() -> Pipeline:
    """Build the stage; it is empty where no detector uses the fine-tuned encoder."""
    if not current_line().uses_apc():
        return Pipeline([])
    learnt_from = ["images", "masks", "roi", "split", "synthetic"]
    return Pipeline(
        [
            Node(
                finetune,
                inputs=[*learnt_from, "params:apc", "params:seed", "apc_checkpoint"],
                outputs=["apc_encoder", "apc_history"],
                name="finetune",
            )
        ],
        tags="apc_finetune",
    )

"""The stage apc_finetune."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.pipelines.apc_finetune.nodes import finetune, finetune_folds


def create_pipeline() -> Pipeline:
    """Build the stage; it is empty where no detector uses the fine-tuned encoder."""
    line = current_line()
    if not line.uses_apc():
        return Pipeline([])
    common = ["images", "masks", "roi", "split", "synthetic", "params:apc", "params:seed"]
    nodes = [
        Node(
            finetune,
            inputs=[*common, "apc_checkpoint"],
            outputs=["apc_encoder", "apc_history"],
            name="finetune",
        )
    ]
    if line.cross_fit:
        folds = Node(
            finetune_folds,
            inputs=[*common, "apc_fold_checkpoints"],
            outputs="apc_fold_encoders",
            name="finetune_folds",
        )
        nodes.append(folds)
    return Pipeline(nodes, tags="apc_finetune")

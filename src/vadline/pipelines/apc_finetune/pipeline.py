"""The stage apc_finetune."""

from kedro.pipeline import Node, Pipeline

from vadline.config.line import configured
from vadline.pipelines.apc_finetune.nodes import finetune


def create_pipeline() -> Pipeline:
    """Build the stage; it is empty where no detector uses the fine-tuned encoder."""
    if not configured().uses_apc():
        return Pipeline([])
    return Pipeline(
        [
            Node(
                finetune,
                inputs=[
                    "images",
                    "masks",
                    "manifest",
                    "split",
                    "synthetic_images",
                    "synthetic_masks",
                    "synthetic",
                    "params:apc",
                    "params:backbone",
                    "params:seed",
                    "apc_checkpoint",
                ],
                outputs=["apc_encoder", "apc_history"],
                name="finetune",
            )
        ],
        tags="apc_finetune",
    )

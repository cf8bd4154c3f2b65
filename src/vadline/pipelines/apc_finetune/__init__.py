"""APC fine-tuning: the extractor learns from the few known bad parts.

Takes a training set; gives `apc_encoder` and `apc_history`, and resumes after each epoch.
"""

from vadline.pipelines.apc_finetune.pipeline import create_pipeline

__all__ = ["create_pipeline"]

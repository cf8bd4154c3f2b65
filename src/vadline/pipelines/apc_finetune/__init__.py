"""APC fine-tuning: the extractor learns from the few known bad parts."""

from vadline.pipelines.apc_finetune.pipeline import create_pipeline

__all__ = ["create_pipeline"]

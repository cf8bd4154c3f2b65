"""Split: who learns from what."""

from vadline.pipelines.split.pipeline import create_pipeline

__all__ = ["create_pipeline"]

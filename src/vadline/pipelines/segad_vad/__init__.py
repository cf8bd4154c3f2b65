"""The whole line."""

from vadline.pipelines.segad_vad.pipeline import create_pipeline

__all__ = ["create_pipeline"]

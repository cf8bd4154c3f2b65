"""Ingest: photographs become arrays and a manifest."""

from vadline.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]

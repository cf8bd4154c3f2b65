"""Ingest: photographs become arrays and a manifest.

Takes a source; gives `manifest`, `images`, `masks`, `roi` and `ingest_report`.
"""

from vadline.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]

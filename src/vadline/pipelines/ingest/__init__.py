"""Ingest: photographs become arrays and a manifest.

Takes a source; gives `manifest`, `images`, `masks`, `roi`, `ingest_report` and `sixteen_bit_max`.
"""

from vadline.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]

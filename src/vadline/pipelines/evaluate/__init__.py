"""Evaluate: tables, figures and decisions."""

from vadline.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]

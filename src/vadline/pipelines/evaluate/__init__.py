"""Evaluate: tables, figures and decisions.

Takes all that has a ground truth; tables and decisions in one file, pictures in the other.
"""

from vadline.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""Evaluate: tables, figures and decisions.

Takes all that has a ground truth; tables, decisions, inspector, pictures and report in a file each.
"""

from vadline.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]

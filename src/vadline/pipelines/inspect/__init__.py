"""Judging a folder of new photographs with what the line has learnt.

Takes the `inspector` that a run has left; gives `inspection`, a row per part, and pictures.
"""

from vadline.pipelines.inspect.pipeline import create_pipeline

__all__ = ["create_pipeline"]

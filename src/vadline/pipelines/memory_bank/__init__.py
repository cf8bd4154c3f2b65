"""Memory bank: each detector learns what normal looks like.

Takes what a detector learns from; gives one fitted `model` for each.
"""

from vadline.pipelines.memory_bank.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""Memory bank: each detector learns what normal looks like."""

from vadline.pipelines.memory_bank.pipeline import create_pipeline

__all__ = ["create_pipeline"]

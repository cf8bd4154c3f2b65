"""SegAD features: statistics of each segment of each map."""

from vadline.pipelines.segad_features.pipeline import create_pipeline

__all__ = ["create_pipeline"]

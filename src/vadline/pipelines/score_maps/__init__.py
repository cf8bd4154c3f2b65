"""Score maps: each detector marks how far every patch is from normal."""

from vadline.pipelines.score_maps.pipeline import create_pipeline

__all__ = ["create_pipeline"]

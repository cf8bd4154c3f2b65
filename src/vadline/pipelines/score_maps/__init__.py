"""Score maps: each detector marks how far every patch is from normal.

Takes a `model` and all images; gives `anomaly_maps` and `scores`.
"""

from vadline.pipelines.score_maps.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""SegAD features: statistics of each segment of each map.

Takes anomaly maps and `segments`; gives `segad_features`, a column per statistic.
"""

from vadline.pipelines.segad_features.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""BRF training: a boosted random forest for each set-up.

Takes `segad_features`; gives a forest and its scores for each set-up.
"""

from vadline.pipelines.brf_train.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""SegAD's ablation (table 6) on maps that a run has left; no part of the line.

Takes what score_maps and segad_features gave; gives the table `segad_ablation`.
"""

from vadline.pipelines.segad_ablation.pipeline import create_pipeline

__all__ = ["create_pipeline"]

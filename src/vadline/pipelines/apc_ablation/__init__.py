"""APC's ablations (tables 3 to 6) on what a run has ingested and split; no part of the line.

Takes photographs and split; fine-tunes once a row, and gives the table `apc_ablation`.
"""

from vadline.pipelines.apc_ablation.pipeline import create_pipeline

__all__ = ["create_pipeline"]

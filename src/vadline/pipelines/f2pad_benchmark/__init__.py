"""F2PAD's benchmark (tables I to IV, figure 7) on what a run has ingested and split.

Takes photographs and split; pastes defects on good training parts, and gives `f2pad_benchmark`.
"""

from vadline.pipelines.f2pad_benchmark.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""F2PAD refinement: from feature level to pixel level."""

from vadline.pipelines.f2pad_refine.pipeline import create_pipeline

__all__ = ["create_pipeline"]

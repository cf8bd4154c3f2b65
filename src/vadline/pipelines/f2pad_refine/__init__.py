"""F2PAD refinement: from feature level to pixel level.

Takes a detector's maps and `model`; gives masks, recovered images and `refine_log`.
"""

from vadline.pipelines.f2pad_refine.pipeline import create_pipeline

__all__ = ["create_pipeline"]

"""Split: who learns from what.

Takes `manifest`; gives `split`, `segments`, and `synthetic` where no bad part is known.
"""

from vadline.pipelines.split.pipeline import create_pipeline

__all__ = ["create_pipeline"]

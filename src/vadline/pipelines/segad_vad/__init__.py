"""The whole line.

The sum of its nine stages, and the default of `kedro run`.
"""

from vadline.pipelines.segad_vad.pipeline import create_pipeline

__all__ = ["create_pipeline"]

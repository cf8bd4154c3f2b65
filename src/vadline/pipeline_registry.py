"""Finds the stages and the line that they add up to."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Register one pipeline a folder under ``pipelines/``; the whole line is the default."""
    pipelines = find_pipelines(raise_errors=True)
    if "segad_vad" in pipelines:
        pipelines["__default__"] = pipelines["segad_vad"]
    return pipelines

"""The whole line: the sum of its nine stages."""

from kedro.pipeline import Pipeline

from vadline.pipelines import (
    apc_finetune,
    brf_train,
    evaluate,
    f2pad_refine,
    ingest,
    memory_bank,
    score_maps,
    segad_features,
    split,
)

STAGES = (
    ingest,
    split,
    apc_finetune,
    memory_bank,
    score_maps,
    segad_features,
    brf_train,
    f2pad_refine,
    evaluate,
)


def create_pipeline() -> Pipeline:
    """Build the line."""
    return sum((stage.create_pipeline() for stage in STAGES), Pipeline([]))

"""The stage split."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current
from vadline.pipelines.split.nodes import (
    learn_segments,
    segment_images,
    split_images,
    synthesise_defects,
)
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return as_stage(
        "split",
        Node(
            split_images,
            inputs=["manifest", "images", "params:split", "params:seed"],
            outputs="split",
            name="split_images",
        ),
        _segments(),
        Node(
            synthesise_defects,
            inputs=["images", "split", "segments", "params:segad.synthetic", "params:seed"],
            outputs="synthetic",
            name="synthesise_defects",
        ),
    )


def _segments() -> Node:
    made = ["segments", "segment_names"]
    if current().segad.segments.kind in (None, "auto"):
        learnt = ["images", "split", "roi", "params:backbone", "params:seed"]
        inputs = ["params:segad.segments", *learnt]
        return Node(learn_segments, inputs=inputs, outputs=made, name="learn_segments")
    inputs = ["params:segad.segments", "roi"]
    return Node(segment_images, inputs=inputs, outputs=made, name="segment_images")

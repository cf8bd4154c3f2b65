"""The stage ingest."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.ingest.nodes import ingest_images, take_in_review
from vadline.pipelines.stage import as_stage


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return as_stage(
        "ingest",
        Node(
            take_in_review,
            inputs=["params:review", "review_folder"],
            outputs="verdicts",
            name="take_in_review",
        ),
        Node(
            ingest_images,
            inputs=[
                *("params:source", "params:images", "verdicts"),
                *("made_folder", "ingest_scratch"),
            ],
            outputs=[
                *("manifest", "images", "masks", "roi"),
                *("ingest_report", "sixteen_bit_max"),
            ],
            name="ingest_images",
        ),
    )

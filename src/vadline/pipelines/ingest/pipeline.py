"""The stage ingest."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.ingest.nodes import ingest_images


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return Pipeline(
        [
            Node(
                ingest_images,
                inputs=["params:source", "params:images", "demo_folder", "ingest_scratch"],
                outputs=["manifest", "images", "masks", "roi", "ingest_report"],
                name="ingest_images",
            ),
        ],
        tags="ingest",
    )

"""The stage ingest."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.ingest.nodes import ingest_images, region_of_interest


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return Pipeline(
        [
            Node(
                ingest_images,
                inputs=["params:source", "params:images", "demo_folder", "ingest_scratch"],
                outputs=["manifest", "images", "masks", "ingest_report"],
                name="ingest_images",
            ),
            Node(
                region_of_interest,
                inputs=["params:source", "params:images"],
                outputs="roi",
                name="region_of_interest",
            ),
        ],
        tags="ingest",
    )

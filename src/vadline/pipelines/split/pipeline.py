"""The stage split."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.split.nodes import segment_images, split_images, synthesise_defects


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return Pipeline(
        [
            Node(
                split_images,
                inputs=["manifest", "images", "params:split", "params:seed"],
                outputs="split",
                name="split_images",
            ),
            Node(
                segment_images,
                inputs=["params:segad.segments", "params:images.size", "roi"],
                outputs=["segments", "segment_names"],
                name="segment_images",
            ),
            Node(
                synthesise_defects,
                inputs=["images", "split", "segments", "params:segad.synthetic", "params:seed"],
                outputs="synthetic",
                name="synthesise_defects",
            ),
        ],
        tags="split",
    )

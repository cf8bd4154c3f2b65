"""The pipeline segad_visa; no part of the line."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.segad_visa.nodes import describe_visa, measure_visa


def create_pipeline() -> Pipeline:
    """Build the pipeline."""
    return Pipeline(
        [
            Node(
                describe_visa,
                inputs=["params:segad_visa.root", "params:segad_visa.classes"],
                outputs="segad_visa_features",
                name="describe_visa",
            ),
            Node(
                measure_visa,
                inputs=[
                    "segad_visa_features",
                    "params:segad_visa.bad_parts",
                    "params:segad_visa.seeds",
                ],
                outputs="segad_visa",
                name="measure_visa",
            ),
        ],
        tags="segad_visa",
    )

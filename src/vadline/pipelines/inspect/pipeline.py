"""The pipeline inspect; no part of the line."""

from kedro.pipeline import Node, Pipeline

from vadline.pipelines.inspect import nodes
from vadline.pipelines.stage import as_stage

_INSPECT = "params:inspect"


def create_pipeline() -> Pipeline:
    """Build the pipeline."""
    return as_stage(
        "inspect",
        Node(
            nodes.read_parts,
            inputs=[_INSPECT, "fitted_inspector", "inspected_before", "inspect_scratch"],
            outputs=["new_parts", "new_images"],
            name="read_parts",
        ),
        Node(
            nodes.judge_parts,
            inputs=["fitted_inspector", "new_parts", "new_images"],
            outputs=["judged_parts", "new_maps", "inspection_drift"],
            name="judge_parts",
        ),
        Node(
            nodes.mask_parts,
            inputs=[
                _INSPECT,
                "fitted_inspector",
                "judged_parts",
                "new_images",
                "new_maps",
                "inspected_parts",
            ],
            outputs="new_defects",
            name="mask_parts",
        ),
        Node(
            nodes.tabulate_parts,
            inputs=["fitted_inspector", "judged_parts", "new_defects", "inspected_before"],
            outputs="inspection",
            name="tabulate_parts",
        ),
        Node(
            nodes.draw_inspection,
            inputs=[
                "fitted_inspector",
                "inspection",
                "judged_parts",
                "new_images",
                "new_maps",
                "inspection_drift",
            ],
            outputs="inspection_report",
            name="draw_inspection",
        ),
    )

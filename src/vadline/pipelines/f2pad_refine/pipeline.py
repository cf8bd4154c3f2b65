"""The stage f2pad_refine: four nodes for each detector whose masks are refined."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.pipelines.f2pad_refine.nodes import (
    choose_parts,
    choose_threshold,
    learn_pixel_prior,
    refine_masks,
)
from vadline.pipelines.stage import as_stage

_PRIOR = [f"params:f2pad.{name}" for name in ("prior_pixels", "prior_components")]
_CHOICE = ["params:f2pad.max_images", "params:f2pad.references"]
_MASK_RATE = "params:decide.false_reject_rate"
_MASKS = ["refined_masks", "initial_masks", "painted_masks"]


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return as_stage("f2pad_refine", *map(_detector, current_line().refined))


def _detector(name: str) -> Pipeline:
    nodes = [
        Node(
            learn_pixel_prior,
            inputs=["images", "reference_parts", "roi", "model", *_PRIOR, "params:seed"],
            outputs="pixel_prior",
            name="learn_pixel_prior",
        ),
        Node(
            choose_threshold,
            inputs=[
                "anomaly_maps",
                "synthetic_maps",
                "masks",
                "synthetic",
                "split",
                "roi",
                _MASK_RATE,
            ],
            outputs="mask_threshold",
            name="choose_threshold",
        ),
        Node(
            choose_parts,
            inputs=["segad_scores", "calibration", "split", *_CHOICE, "params:seed"],
            outputs=["parts_to_refine", "reference_parts"],
            name="choose_parts",
        ),
        Node(
            refine_masks,
            inputs=[
                "images",
                "roi",
                "pixel_prior",
                "model",
                "anomaly_maps",
                "mask_threshold",
                "parts_to_refine",
                "params:f2pad",
            ],
            outputs=[*_MASKS, "recovered_images", "refine_log"],
            name="refine_masks",
        ),
    ]
    return Pipeline(
        nodes,
        namespace=name,
        inputs={"images", "masks", "roi", "split", "synthetic", "segad_scores", "calibration"},
        parameters={*_PRIOR, *_CHOICE, _MASK_RATE, "params:f2pad", "params:seed"},
    )

"""The stage f2pad_refine: three nodes for each detector whose masks are refined."""

from kedro.pipeline import Node, Pipeline

from vadline.config.line import configured
from vadline.pipelines.f2pad_refine.nodes import (
    choose_threshold,
    learn_pixel_prior,
    refine_masks,
)


def create_pipeline() -> Pipeline:
    """Build the stage."""
    return sum((_detector(name) for name in configured().refined), Pipeline([]))


def _detector(name: str) -> Pipeline:
    truth = ["masks", "synthetic_masks", "synthetic", "manifest", "split"]
    nodes = [
        Node(
            learn_pixel_prior,
            inputs=["images", "split", "model", "params:f2pad", "params:seed"],
            outputs="pixel_prior",
            name="learn_pixel_prior",
        ),
        Node(
            choose_threshold,
            inputs=["anomaly_maps", "synthetic_maps", *truth, f"params:detectors.{name}"],
            outputs="mask_threshold",
            name="choose_threshold",
        ),
        Node(
            refine_masks,
            inputs=[
                "images",
                "split",
                "pixel_prior",
                "model",
                "anomaly_maps",
                "scores",
                "mask_threshold",
                "params:f2pad",
                "params:decide",
                "params:seed",
            ],
            outputs=[
                "refined_masks",
                "initial_masks",
                "painted_masks",
                "recovered_images",
                "refine_log",
            ],
            name="refine_masks",
        ),
    ]
    return Pipeline(
        nodes,
        namespace=name,
        inputs={"images", *truth},
        parameters={
            "params:f2pad",
            "params:seed",
            "params:decide",
            f"params:detectors.{name}",
        },
        tags="f2pad_refine",
    )

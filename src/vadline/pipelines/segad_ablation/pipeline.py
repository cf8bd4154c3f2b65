"""The pipeline segad_ablation; no part of the line."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.pipelines.segad_ablation.nodes import ablate, describe_maxima
from vadline.pipelines.segad_features.pipeline import described


def create_pipeline() -> Pipeline:
    """Build the pipeline."""
    detectors = current_line().detectors
    table = Node(
        bound(ablate, names=list(detectors)),
        inputs=[
            *["segad_features", "split", "synthetic", "params:segad.forest", "params:seed"],
            *[f"{name}.segment_maxima" for name in detectors],
        ],
        outputs="segad_ablation",
        name="ablate",
        tags="segad_ablation",
    )
    return sum((_maxima(name) for name in detectors), Pipeline([table]))


def _maxima(name: str) -> Pipeline:
    shared = ["split", described(), "segment_names"]
    node = Node(
        bound(describe_maxima, name=name),
        inputs=["anomaly_maps", "synthetic_maps", "scores", *shared],
        outputs="segment_maxima",
        name="describe_maxima",
    )
    return Pipeline([node], namespace=name, inputs=set(shared), tags="segad_ablation")

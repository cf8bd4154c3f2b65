"""The pipeline f2pad_benchmark; no part of the line."""

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current
from vadline.config.line import bound
from vadline.f2pad.benchmark.params import Setting
from vadline.pipelines.f2pad_benchmark.nodes import (
    draw_shown,
    fill_tables,
    make_benchmark,
    measure_detector,
)

_OWN = "params:f2pad_benchmark"
_TABLES = ["f2pad_benchmark", *(f"f2pad_benchmark_{t}" for t in ("ablation", "cost", "sizes"))]


def create_pipeline() -> Pipeline:
    """Build the pipeline: a node for each detector and setting."""
    benchmark = current().f2pad_benchmark
    cells = [(name, setting) for setting in benchmark.settings for name in benchmark.detectors]
    if not cells:  # no detector at hand can be refined
        return Pipeline([])
    spaces = [f"{name}_{setting}" for name, setting in cells]
    around = [
        Node(
            make_benchmark,
            inputs=["images", "masks", "roi", "split", _OWN, "params:seed"],
            outputs=["benchmark_made", "benchmark_goods"],
            name="make_benchmark",
        ),
        Node(
            bound(fill_tables, cells=cells),
            inputs=[_OWN, *(f"{space}.benchmark_parts" for space in spaces)],
            outputs=[*_TABLES, "f2pad_benchmark_figure"],
            name="fill_tables",
        ),
        Node(
            draw_shown,
            inputs=[
                "benchmark_made",
                f"{spaces[0]}.benchmark_masks",
                f"{spaces[0]}.benchmark_parts",
                _OWN,
            ],
            outputs="f2pad_benchmark_gallery",
            name="draw_shown",
        ),
    ]
    tagged = Pipeline(around, tags="f2pad_benchmark")
    return sum((_cell(name, setting) for name, setting in cells), tagged)


def _cell(name: str, setting: Setting) -> Pipeline:
    shared = ["benchmark_made", "images", "roi", "benchmark_goods"]
    parameters = [f"params:detectors.{name}", "params:f2pad", _OWN]
    node = Node(
        bound(measure_detector, setting=setting),
        inputs=[*shared, *parameters],
        outputs=["benchmark_parts", "benchmark_masks"],
        name="measure",
    )
    return Pipeline(
        [node],
        namespace=f"{name}_{setting}",
        inputs=set(shared),
        parameters=set(parameters),
        tags="f2pad_benchmark",
    )

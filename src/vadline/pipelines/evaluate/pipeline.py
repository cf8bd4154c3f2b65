"""The stage evaluate: rows, tables, decisions and figures."""

from kedro.pipeline import Node, Pipeline

from vadline.config.line import bound, configured
from vadline.metrics import detection_table, refinement_table
from vadline.pipelines.evaluate import pictures, tables

_TRUTH = ["masks", "manifest"]


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = configured()
    nodes = [*_tables(line.detectors, line.refined), *_figures(line.detectors)]
    nodes += [_importances(setup) for setup in line.setups]
    nodes += [_gallery(name) for name in line.refined]
    nodes += [_history()] if line.uses_apc() else []
    parts = [_detector(name) for name in line.detectors]
    parts += [_refined(name) for name in line.refined]
    return sum(parts, Pipeline(nodes, tags="evaluate"))


def _detector(name: str) -> Pipeline:
    own, shared = ["anomaly_maps", "scores"], [*_TRUTH, "split", "roi"]
    parameter = f"params:detectors.{name}"
    node = Node(
        tables.evaluate_detector,
        inputs=[*own, *shared, parameter],
        outputs="detection_row",
        name="evaluate_detector",
    )
    return Pipeline(
        [node], namespace=name, inputs=set(shared), parameters={parameter}, tags="evaluate"
    )


def _refined(name: str) -> Pipeline:
    node = Node(
        tables.evaluate_refinement,
        inputs=["refined_masks", "initial_masks", "painted_masks", "refine_log", *_TRUTH],
        outputs="refinement_row",
        name="evaluate_refinement",
    )
    return Pipeline([node], namespace=name, inputs=set(_TRUTH), tags="evaluate")


def _gallery(name: str) -> Node:
    own = ["anomaly_maps", "refined_masks", "recovered_images", "refine_log"]
    return Node(
        pictures.draw_gallery,
        inputs=[
            "images",
            *_TRUTH,
            "decisions",
            *(f"{name}.{part}" for part in own),
            "params:decide",
        ],
        outputs=f"{name}_gallery",
        name=f"draw_gallery_{name}",
    )


def _tables(detectors: tuple[str, ...], refined: tuple[str, ...]) -> list[Node]:
    return [
        Node(
            bound(tables.make_table, names=list(detectors), table=detection_table),
            inputs=[f"{name}.detection_row" for name in detectors],
            outputs="detection",
            name="detection_table",
        ),
        Node(
            tables.evaluate_setups,
            inputs=["segad_scores", "split"],
            outputs="segad",
            name="segad_table",
        ),
        Node(
            bound(tables.make_table, names=list(refined), table=refinement_table),
            inputs=[f"{name}.refinement_row" for name in refined],
            outputs="refinement",
            name="refinement_table",
        ),
        Node(
            tables.decide,
            inputs=["segad_scores", "split", "params:decide"],
            outputs="decisions",
            name="decide",
        ),
    ]


def _figures(detectors: tuple[str, ...]) -> list[Node]:
    tables = [
        Node(
            bound(pictures.draw_table, title=table),
            inputs=table,
            outputs=f"{table}_figure",
            name=f"draw_{table}",
        )
        for table in ("detection", "segad", "refinement")
    ]
    detector_roc = Node(
        bound(pictures.draw_detector_roc, names=list(detectors)),
        inputs=["split", *(f"{name}.scores" for name in detectors)],
        outputs="detection_roc",
        name="draw_detector_roc",
    )
    setups = Node(
        pictures.draw_setups,
        inputs=["segad_scores", "split", "params:decide"],
        outputs=["segad_roc", "segad_histograms"],
        name="draw_setups",
    )
    return [*tables, detector_roc, setups]


def _importances(setup: str) -> Node:
    return Node(
        bound(pictures.draw_importances, title=f"{setup}: what the forest looks at"),
        inputs=f"{setup}_importances",
        outputs=f"{setup}_importances_figure",
        name=f"draw_importances_{setup}",
    )


def _history() -> Node:
    return Node(
        pictures.draw_history,
        inputs="apc_history",
        outputs="apc_history_figure",
        name="draw_history",
    )

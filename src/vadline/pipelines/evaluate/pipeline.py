"""The stage evaluate: rows, tables, decisions and figures."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current_line
from vadline.config.line import bound
from vadline.metrics import detection_table, refinement_table
from vadline.pipelines.evaluate import pictures, tables

_TRUTH = ["masks", "split", "roi"]
_DETECTION = (tables.evaluate_detector, ["anomaly_maps", "scores"], "detection_row")
_REFINED = ["refined_masks", "initial_masks", "painted_masks", "refine_log"]
_REFINEMENT = (tables.evaluate_refinement, _REFINED, "refinement_row")


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = current_line()
    nodes = [*_tables(line.detectors, line.refined), *_figures(line.detectors)]
    nodes += [_importances(setup) for setup in line.setups]
    nodes += [node for name in line.refined for node in _gallery(name)]
    nodes += [_history()] if line.uses_apc() else []
    parts = [_row(name, *_DETECTION) for name in line.detectors]
    parts += [_row(name, *_REFINEMENT) for name in line.refined]
    return sum(parts, Pipeline(nodes, tags="evaluate"))


def _row(name: str, measure: Callable[..., Any], own: list[str], row: str) -> Pipeline:
    node = Node(measure, inputs=[*own, *_TRUTH], outputs=row, name=measure.__name__)
    return Pipeline([node], namespace=name, inputs=set(_TRUTH), tags="evaluate")


def _gallery(name: str) -> list[Node]:
    own = ["anomaly_maps", "refined_masks", "recovered_images", "gallery_parts"]
    choose = Node(
        pictures.choose_for_gallery,
        inputs=["split", "decisions", f"{name}.refine_log", "params:decide.gallery"],
        outputs=f"{name}.gallery_parts",
        name=f"choose_for_gallery_{name}",
    )
    draw = Node(
        pictures.draw_gallery,
        inputs=["images", "masks", *(f"{name}.{part}" for part in own)],
        outputs=f"{name}_gallery",
        name=f"draw_gallery_{name}",
    )
    return [choose, draw]


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
            inputs=[
                "segad_scores",
                "split",
                "params:decide.setup",
                "params:decide.false_reject_rate",
            ],
            outputs="decisions",
            name="decide",
        ),
    ]


def _figures(detectors: tuple[str, ...]) -> list[Node]:
    heat = [
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
        inputs=["segad_scores", "split", "params:decide.false_reject_rate"],
        outputs=["segad_roc", "segad_histograms"],
        name="draw_setups",
    )
    return [*heat, detector_roc, setups]


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

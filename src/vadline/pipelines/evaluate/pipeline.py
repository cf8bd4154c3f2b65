"""The stage evaluate: rows, tables, decisions and figures."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from vadline.config.current import current, current_line
from vadline.config.line import MEAN, Line, bound
from vadline.metrics import detection_table
from vadline.pipelines.evaluate import decisions, packing, parts, pictures, report, tables
from vadline.pipelines.stage import as_stage, grouped
from vadline.segad import PROBE

_TRUTH = ["masks", "split", "roi"]
_DETECTION = (["anomaly_maps", "scores"], "detection_row")
_REFINED = ["refined_masks", "initial_masks", "painted_masks", "refine_log", "anomaly_maps"]
_REFINEMENT = (tables.evaluate_refinement, _REFINED, "refinement_rows")
_DECIDE = [f"params:decide.{name}" for name in ("setup", "false_reject_rate")]


def create_pipeline() -> Pipeline:
    """Build the stage."""
    line = current_line()
    figures = [
        *_figures([*line.detectors, *_probe(line)]),
        *(_importances(setup) for setup in line.setups),
        *([_history()] if line.uses_apc() else []),
    ]
    galleries = [node for name in line.refined for node in _gallery(name)]
    rows = [_row(name, _evaluated(line, name), *_DETECTION) for name in line.detectors]
    rows += [_row(name, *_REFINEMENT) for name in line.refined]
    return as_stage(
        "evaluate",
        *_tables(line),
        packing.usual(),
        *_decisions(line.detectors),
        *rows,
        *parts.nodes(line),
        grouped("figures", [*figures, _page(figures), _segments(), *galleries]),
        grouped("report", report.nodes(line)),
        grouped("inspector", packing.nodes(line)),
    )


def _row(name: str, measure: Callable[..., Any], own: list[str], row: str) -> Pipeline:
    node = Node(measure, inputs=[*own, *_TRUTH], outputs=row, name=measure.__name__)
    return Pipeline([node], namespace=name, inputs=set(_TRUTH))


def _evaluated(line: Line, name: str) -> Callable[..., Any]:
    tuned = line.encoders[name] == "apc"
    return bound(tables.evaluate_detector, role=line.roles[name], tuned=tuned)


def _page(drawing: list[Node]) -> Node:
    """Gather Plotly's figures on one page: one file to open, one dataset that leaves the stage."""
    figures = [name for node in drawing for name in node.outputs]
    return Node(
        bound(pictures.gather_figures, names=figures),
        inputs=figures,
        outputs="figures_page",
        name="gather_figures",
    )


def _gallery(name: str) -> list[Node]:
    own = ["anomaly_maps", "refined_masks", "recovered_images", "gallery_parts"]
    choose = Node(
        pictures.choose_for_gallery,
        inputs=["split", "decided", f"{name}.refine_log", "params:decide.gallery"],
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


def _probe(line: Line) -> list[str]:
    return [PROBE] if line.has_probe() else []


def _tables(line: Line) -> list[Node]:
    detectors, refined = line.detectors, line.refined
    rows = [*detectors, *_probe(line), *([MEAN] if len(detectors) > 1 else [])]
    probe = Node(
        tables.evaluate_scores,
        inputs=[f"{PROBE}.scores", "split"],
        outputs=f"{PROBE}.detection_row",
        name="evaluate_probe",
    )
    mean = Node(
        bound(tables.evaluate_mean, names=list(detectors)),
        inputs=["split", *(f"{name}.scores" for name in detectors)],
        outputs=f"{MEAN}.detection_row",
        name="evaluate_mean",
    )
    return [
        *([probe] if line.has_probe() else []),
        *([mean] if len(detectors) > 1 else []),
        Node(
            bound(tables.make_table, names=rows, table=detection_table),
            inputs=[f"{name}.detection_row" for name in rows],
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
            tables.evaluate_kinds,
            inputs=["decided", "split"],
            outputs="kinds",
            name="kinds_table",
        ),
        Node(
            bound(tables.make_refinement_table, names=list(refined)),
            inputs=[f"{name}.refinement_rows" for name in refined],
            outputs="refinement",
            name="refinement_table",
        ),
    ]


def _decisions(detectors: tuple[str, ...]) -> list[Node]:
    return [
        Node(
            bound(decisions.check_drift, names=list(detectors)),
            inputs=["images", "split", "roi", *(f"{name}.anomaly_maps" for name in detectors)],
            outputs=["drift", "drift_verdict", "drift_check"],
            name="check_drift",
        ),
        Node(
            decisions.decide,
            inputs=[
                "segad_scores",
                "split",
                "calibration",
                "drift",
                "segad_features",
                "usual",
                f"{current().decide.setup}_scores",
            ],
            outputs="decided",
            name="decide",
        ),
        Node(
            decisions.tabulate_thresholds,
            inputs=["segad_scores", "split", *_DECIDE],
            outputs="thresholds",
            name="thresholds_table",
        ),
    ]


def _figures(scored: list[str]) -> list[Node]:
    heat = [
        Node(
            bound(pictures.draw_table, title=table),
            inputs=table,
            outputs=f"{table}_figure",
            name=f"draw_{table}",
        )
        for table in ("segad", "detection", "refinement")
    ]
    detector_roc = Node(
        bound(pictures.draw_detector_roc, names=scored),
        inputs=["split", *(f"{name}.scores" for name in scored)],
        outputs="detection_roc",
        name="draw_detector_roc",
    )
    setups = Node(
        pictures.draw_setups,
        inputs=["segad_scores", "split", "params:decide.false_reject_rate"],
        outputs=["segad_roc", "segad_histograms"],
        name="draw_setups",
    )
    rates = Node(
        pictures.draw_thresholds,
        inputs=["thresholds", "params:decide.false_reject_rate"],
        outputs="thresholds_figure",
        name="draw_thresholds",
    )
    return [setups, rates, detector_roc, *heat]


def _segments() -> Node:
    return Node(
        bound(pictures.draw_segments, per_part=current().segad.segments.per_part),
        inputs=["images", "split", "segments", "segment_names"],
        outputs=["segments_picture", "report_segments"],
        name="draw_segments",
    )


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

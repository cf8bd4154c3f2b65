"""What a run tells when it has ended: to MLflow, and on the terminal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from rich.console import Console

from vadline.calibration import OUTCOMES, Promise
from vadline.config.current import current, workspace
from vadline.metrics.tables import format_table, without_kinds
from vadline.run import tracking
from vadline.run.describing import describe_run
from vadline.run.registering import log_inspector, log_photographs

logger = logging.getLogger(__name__)

_TABLES = ("detection", "segad", "kinds", "refinement")
_BENCHMARK = ("f2pad_benchmark", *(f"f2pad_benchmark_{t}" for t in ("ablation", "cost", "sizes")))
_ASIDE = ("segad_ablation", "apc_ablation", "segad_visa", *_BENCHMARK)


class ReportingHooks:
    """Log the run to MLflow and print its tables.

    All is logged here, in the main process: nodes of a parallel run would open runs of their own.
    """

    def __init__(self) -> None:
        self._begun: set[str] = set()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where to ask git for the code's version."""
        self._project_path = Path(context.project_path)

    @hook_impl(trylast=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Tag kedro-mlflow's run and log its parameters."""
        self._begun.clear()
        if (run := mlflow.active_run()) is not None:
            tracking.open_on_runs(run.info.experiment_id)
            tracking.log_parameters(current())
            names = run_params.get("pipeline_names") or []
            tracking.set_tags(current(), self._project_path, names)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Say which stage begins."""
        stage = min(node.tags, default=node.name)
        if stage not in self._begun:
            self._begun.add(stage)
            logger.info("Stage %s", stage)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log tables, figures and histories, then print the tables."""
        if (run := mlflow.active_run()) is not None:
            tracking.log_outputs(pipeline, catalog)
            if "split" in pipeline.datasets() and catalog.exists("split"):
                log_photographs(catalog, workspace())
            if "inspector" in pipeline.all_outputs():
                log_inspector(catalog, workspace())
            describe_run(run.info.run_id, pipeline, catalog)
        console = Console()
        console.width = max(console.width, 120)  # a log file has no width of its own
        for name in (*_TABLES, *_ASIDE):
            if name in pipeline.all_outputs() and catalog.exists(name):
                table = catalog.load(name).set_index("row")
                shown = without_kinds(table) if name == "refinement" else table
                console.print(format_table(shown, name))
        if "decisions" in pipeline.all_outputs():
            _tell_decisions(catalog)
        if "report" in pipeline.all_outputs() and catalog.exists("report"):
            page = catalog["report"]._get_load_path()
            logger.info("The report, to open in a browser or to send: %s", page)
        if "drawn_parts" in pipeline.all_outputs() and len(catalog.load("drawn_parts")):
            _tell_pictures(catalog["parts_folder"]._filepath)
        if "inspection" in pipeline.all_outputs():
            _tell_inspection(catalog)


def _tell_decisions(catalog: CatalogProtocol) -> None:
    """Say what the decisions promise, and where they are."""
    calibration, drift = catalog.load("calibration"), catalog.load("drift_verdict")
    kept = Promise(**calibration["reject"]).kept
    (logger.info if kept else logger.warning)("%(setup)s: %(in_words)s", calibration)
    if drift["drifted"]:
        logger.warning("%(in_words)s", drift)
    logger.info("A score and a decision per part: %s", catalog["decisions"]._filepath)


def _tell_inspection(catalog: CatalogProtocol) -> None:
    """Say what was decided of new parts, what could not be read, and where it is."""
    parts, drift = catalog.load("inspection"), catalog.load("inspection_drift")
    counts = parts["decision"].value_counts()
    told = ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if name in counts)
    logger.info("%d parts: %s", len(parts), told)
    for row in parts[parts["refused"].notna()].itertuples():
        logger.warning("Could not be read: %s: %s", row.part, row.refused)
    if drift["drifted"]:
        logger.warning("%(in_words)s", drift)
    logger.info("A row per part: %s", catalog["inspection"]._get_load_path())
    logger.info("The report: %s", catalog["inspection_report"]._get_load_path())
    if parts["pictures"].notna().any():
        _tell_pictures(catalog["inspected_parts"]._filepath)


def _tell_pictures(folder: Path) -> None:
    logger.info("Mask, map and overlay of each part that is shown: %s", folder)

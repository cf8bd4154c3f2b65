"""What a run tells when it has ended: to MLflow, and on the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from mlflow.utils.logging_utils import disable_logging, enable_logging

from vadline.calibration import Promise
from vadline.calibration.outcomes import counted
from vadline.config.current import current, workspace
from vadline.metrics.kinds import EVERY, UNSEEN
from vadline.metrics.tables import format_table, is_without_numbers, without_kinds
from vadline.run import tracking
from vadline.run.describing import describe_run
from vadline.run.mistakes import quiet_resume_hint
from vadline.run.nesting import of_sweep
from vadline.run.registering import log_inspector, log_photographs
from vadline.run.terminal import console

logger = logging.getLogger(__name__)

_TABLES = ("detection", "segad", "kinds", "refinement")
_BENCHMARK = ("f2pad_benchmark", *(f"f2pad_benchmark_{t}" for t in ("ablation", "cost", "sizes")))
_KINDS = 4  # printed, of those that are caught least
_REFUSED = 3  # files named
_ASIDE = ("segad_ablation", "apc_ablation", "segad_visa", *_BENCHMARK)


class TrackingHooks:
    """Log the run to MLflow.

    All is logged here, in the main process: nodes of a parallel run would open runs of their own.
    """

    _listed = False

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where to ask git for the code's version."""
        self._project_path = Path(context.project_path)

    @hook_impl(trylast=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Tag kedro-mlflow's run and log its parameters."""
        self._listed = False
        if (run := mlflow.active_run()) is not None:
            tracking.open_on_runs(run.info.experiment_id)
            tracking.log_parameters(current())
            tracking.set_tags(current(), self._project_path, run_params)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log the photographs as soon as they are listed, lest a failed run show none."""
        if dataset_name == "manifest" and mlflow.active_run() is not None:
            log_photographs(data, workspace())
            self._listed = True

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log the photographs that were listed elsewhere: in a worker, or by an earlier run."""
        self._list_photographs(pipeline, catalog)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log tables, figures and histories."""
        if (run := mlflow.active_run()) is not None:
            tracking.log_outputs(pipeline, catalog)
            self._list_photographs(pipeline, catalog)
            if "inspector" in pipeline.all_outputs() and not of_sweep():
                with _without_mlflow_s_words():
                    log_inspector(catalog, workspace())
            describe_run(run.info.run_id, pipeline, catalog)

    def _list_photographs(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        used = {"manifest", "split"} & pipeline.datasets()
        if used and not self._listed and mlflow.active_run() and catalog.exists("manifest"):
            log_photographs(catalog.load("manifest"), workspace())


class ReportingHooks:
    """Print what the run has found."""

    @hook_impl
    def after_context_created(self) -> None:
        """Give a log file its width, and our own words the last place."""
        console()
        quiet_resume_hint()

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Print the tables and what was decided."""
        empty = []
        for name in (*_TABLES, *_ASIDE):
            if name in pipeline.all_outputs() and catalog.exists(name):
                shown = _in_brief(name, catalog.load(name).set_index("row"))
                if name in _TABLES and is_without_numbers(shown):
                    empty.append(name)
                else:
                    console().print(format_table(shown, name), "", sep="")
        if empty:
            console().print(f"Without numbers: {', '.join(empty)}; {_takes(empty)}", "", sep="")
        if "decisions" in pipeline.all_outputs():
            _tell_decisions(catalog)
        if "inspection" in pipeline.all_outputs():
            _tell_inspection(catalog)


@contextmanager
def _without_mlflow_s_words() -> Iterator[None]:
    """Keep MLflow from printing that it registers a model, which no logger's level does."""
    disable_logging()
    try:
        yield
    finally:
        enable_logging()


def _takes(empty: list[str]) -> str:
    """Say what would fill tables."""
    if empty == ["refinement"]:
        return "it takes masks of bad parts"
    return "they take good and bad parts" + (", masks" if "refinement" in empty else "")


def _in_brief(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a long table what its file has: kinds of defect, but the least caught ones."""
    if name == "refinement":
        return without_kinds(table)
    if name != "kinds":
        return table
    sums = table.index.isin([EVERY, UNSEEN])
    return pd.concat([table[~sums].head(_KINDS), table[sums]])


def _tell_decisions(catalog: CatalogProtocol) -> None:
    """Say what the decisions promise."""
    calibration, drift = catalog.load("calibration"), catalog.load("drift_verdict")
    kept = Promise(**calibration["reject"]).kept
    (logger.info if kept else logger.warning)("%(setup)s: %(in_words)s", calibration)
    if drift["drifted"]:
        logger.warning("%(in_words)s", drift)


def _tell_inspection(catalog: CatalogProtocol) -> None:
    """Say what was decided of new parts, and what could not be read."""
    parts, drift = catalog.load("inspection"), catalog.load("inspection_drift")
    logger.info("%d parts: %s", len(parts), counted(parts["decision"]))
    refused = parts[parts["refused"].notna()]
    for row in refused.head(_REFUSED).itertuples():
        logger.warning("Could not be read: %s: %s", row.part, row.refused)
    if len(refused) > _REFUSED:
        logger.warning("Could not be read: %d more, in inspection.csv", len(refused) - _REFUSED)
    if drift["drifted"]:
        logger.warning("%(in_words)s", drift)

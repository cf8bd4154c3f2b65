"""What happens around a run: checked parameters, honest resuming, and the report."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import Any

import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import PACKAGE_NAME, pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from rich.console import Console

from vadline.config import line
from vadline.config.complete import complete
from vadline.config.tree import parse
from vadline.metrics.tables import format_table
from vadline.run import tracking

logger = logging.getLogger(__name__)

_TABLES = ("detection", "segad", "refinement")


class ParameterHooks:
    """Check all parameters and build the pipelines that they ask for."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Complete and check ``parameters.yml``, and configure the line.

        Parameters
        ----------
        context : KedroContext

        Raises
        ------
        VadlineError
            If a parameter is unknown, missing or out of range.
        """
        raw = complete(context.config_loader["parameters"])
        context.config_loader["parameters"] = raw
        line.configure(parse(raw).configured_line())
        pipelines.configure(f"{context._package_name or PACKAGE_NAME}.pipeline_registry")


class FreshnessHooks:
    """Let ``--only-missing-outputs`` trust only what the interrupted run itself has made.

    The dataset ``run_state`` keeps, for every output, the time after which it counts, and what it
    was made of: parameters and the wiring of nodes. A run makes stale its outputs and, in the
    whole line, all that follows from them; resuming makes stale only what a change leads to.
    """

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol
    ) -> None:
        """Mark the outputs that this run has to make anew.

        Parameters
        ----------
        run_params : dict
        pipeline : Pipeline
        catalog : CatalogProtocol
        """
        state = catalog.load("run_state") if catalog.exists("run_state") else {}
        times, old = state.get("times", {}), state.get("made_of", {})
        line = pipelines["__default__"]
        new = _made_of(pipeline, catalog)
        if run_params.get("only_missing_outputs"):
            changed = {name for name, digest in new.items() if old.get(name, digest) != digest}
            _tell(changed)
        else:
            changed = set(new) | pipeline.all_outputs()
        stale = _outputs_after(line, changed) | _outputs_after(pipeline, changed)
        now = time.time() - 0.05  # file systems stamp a little late
        times |= dict.fromkeys(sorted(stale), now)
        catalog.save("run_state", {"times": times, "made_of": old | new})
        for name in pipeline.all_outputs():
            dataset = catalog.get(name)
            if hasattr(dataset, "stale_before"):
                dataset.stale_before = times.get(name, 0.0)


class ReportingHooks:
    """Log the run to MLflow and print its tables.

    All is logged here, in the main process: nodes of a parallel run would open runs of their own.
    """

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember the parameters to log.

        Parameters
        ----------
        context : KedroContext
        """
        self._raw = context.config_loader["parameters"]
        self._project_path = context.project_path

    @hook_impl(trylast=True)
    def before_pipeline_run(self) -> None:
        """Tag kedro-mlflow's run and log its parameters."""
        if mlflow.active_run() is None:
            return
        parameters = parse(self._raw)
        tracking.log_parameters(parameters, self._raw)
        tracking.set_tags(parameters, self._project_path)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Log tables, figures and histories, then print the tables.

        Parameters
        ----------
        pipeline : Pipeline
        catalog : CatalogProtocol
        """
        if mlflow.active_run() is not None:
            tracking.log_outputs(pipeline, catalog)
        console = Console()
        console.width = max(console.width, 120)  # a log file has no width of its own
        for name in _TABLES:
            if name in pipeline.all_outputs() and catalog.exists(name):
                console.print(format_table(catalog.load(name).set_index("row"), name))
        if "decisions" in pipeline.all_outputs():
            logger.info("A score and a decision per part: %s", catalog.get("decisions")._filepath)


def _made_of(pipeline: Pipeline, catalog: CatalogProtocol) -> dict[str, str]:
    """Digest what decides an output besides files: parameters, and the wiring of its node."""
    names = sorted(name for name in pipeline.inputs() if name.startswith("params:"))
    digests = {name: _digest(catalog.load(name)) for name in names}
    for node in pipeline.nodes:
        wiring = _digest([node.name, node.inputs, node.outputs])
        digests |= dict.fromkeys(node.outputs, wiring)
    return digests


def _outputs_after(pipeline: Pipeline, changed: set[str]) -> set[str]:
    """Name the changed outputs themselves and all that is made from what changed."""
    known = changed & pipeline.datasets()
    if not known:
        return set()
    made = known & pipeline.all_outputs()
    used = known & (pipeline.datasets() - pipeline.outputs())
    return made | (pipeline.from_inputs(*used).all_outputs() if used else set())


def _tell(changed: set[str]) -> None:
    if changed:
        names = ", ".join(sorted(name.removeprefix("params:") for name in changed))
        logger.info("Changed since the last run, so made anew with all that follows: %s", names)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()

"""Kedro's project settings."""

import multiprocessing
import os
from pathlib import Path

from kedro.utils import find_kedro_project

from vadline.config.current import bundle, product, workspace
from vadline.run.endings import MlflowRunHooks
from vadline.run.freshness import FreshnessHooks
from vadline.run.nesting import of_sweep
from vadline.run.parameters import ParameterHooks
from vadline.run.profiling import ProfileHooks
from vadline.run.reporting import ReportingHooks, TrackingHooks
from vadline.run.results import ResultsHooks
from vadline.run.workspace import WorkspaceHooks

# Forked workers hang in PyTorch's threads once the parent has used them.
os.environ.setdefault("KEDRO_MP_CONTEXT", "spawn")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# At the end of a run the last comes first: metrics, whose order MLflow keeps, then the time that
# stages took, tables, where the results are.
HOOKS: tuple[object, ...] = (
    ParameterHooks(),
    FreshnessHooks(),
    WorkspaceHooks(),
    ResultsHooks(),
    ReportingHooks(),
    ProfileHooks(),
    TrackingHooks(),
)

DISABLE_HOOKS_FOR_PLUGINS = ["kedro-mlflow", "kedro_mlflow"]
if multiprocessing.parent_process() is None:
    HOOKS = (*HOOKS, MlflowRunHooks())
else:
    # The main process reports; a worker of ParallelRunner would open a run of its own.
    DISABLE_HOOKS_FOR_PLUGINS.append("kedro-viz")


def _project_path() -> str:
    """Return the project's folder, or that whose cell of a sweep this is."""
    if project := of_sweep().get("project"):
        return project
    return str(find_kedro_project(Path.cwd()) or Path.cwd())


CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment states only what differs from conf/base.
    "merge_strategy": dict.fromkeys(("parameters", "catalog", "mlflow"), "soft"),
    "custom_resolvers": {
        "project_path": _project_path,
        "workspace": workspace,
        "product": product,
        "bundle": bundle,
    },
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]},
}

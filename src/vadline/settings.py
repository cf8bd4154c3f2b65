"""Kedro's project settings."""

import multiprocessing
import os
from pathlib import Path

from kedro.utils import find_kedro_project

from vadline.run.hooks import FreshnessHooks, ParameterHooks, ReportingHooks
from vadline.run.profiling import ProfileHooks

# Forked workers hang in PyTorch's threads once the parent has used them.
os.environ.setdefault("KEDRO_MP_CONTEXT", "spawn")
# At the end of a run the last comes first: the profile is printed below the tables.
HOOKS = (ParameterHooks(), FreshnessHooks(), ProfileHooks(), ReportingHooks())

if multiprocessing.parent_process() is not None:
    # The main process reports; kedro-mlflow would open a run in every worker of ParallelRunner.
    DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow", "kedro_mlflow", "kedro-viz")


def _project_path() -> str:
    """Return the project's folder, from wherever in it a command was started."""
    return str(find_kedro_project(Path.cwd()) or Path.cwd())


CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment states only what differs from conf/base.
    "merge_strategy": dict.fromkeys(("parameters", "globals", "catalog", "mlflow"), "soft"),
    "custom_resolvers": {"project_path": _project_path},
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]},
}

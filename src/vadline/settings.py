"""Kedro's project settings."""

import multiprocessing
import os
import warnings
from pathlib import Path

from kedro.utils import find_kedro_project

# Forked workers hang in PyTorch's threads once the parent has used them.
os.environ.setdefault("KEDRO_MP_CONTEXT", "spawn")
# Datasets of a namespace are named by it: `patchcore.anomaly_maps` is meant.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
# Kedro and kedro-mlflow register their resolvers by OmegaConf's old name.
warnings.filterwarnings("ignore", message=".*register_new_resolver")
# MLflow says this of its own class when kedro-mlflow is imported.
warnings.filterwarnings("ignore", message=".*Add type hints to the `predict`")

from vadline.hooks import FreshnessHooks, ParameterHooks, ReportingHooks  # noqa: E402

HOOKS = (ParameterHooks(), FreshnessHooks(), ReportingHooks())

if multiprocessing.parent_process() is not None:
    # The main process reports; kedro-mlflow would open a run in every worker of ParallelRunner.
    DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow", "kedro-viz")


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

"""Kedro's project settings."""

import os
import warnings

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

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment states only what differs from conf/base.
    "merge_strategy": dict.fromkeys(("parameters", "globals", "catalog", "mlflow"), "soft"),
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]},
}

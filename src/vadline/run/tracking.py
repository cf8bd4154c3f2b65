"""What a run leaves in MLflow."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

import vadline
from vadline.config.current import current
from vadline.config.inspecting import inspected_product
from vadline.config.tree import Parameters
from vadline.figures import whole_page
from vadline.metrics.tables import as_metrics, without_kinds
from vadline.report import decided_table
from vadline.run.nesting import nesting_tags

_LONGEST_PARAM = 500  # MLflow refuses longer values
_KIND, _TRAINS_MODELS = "mlflow.experimentKind", "custom_model_development"
_FIRST = ("decisions", "detection", "segad", "refinement", "kinds", "thresholds")
_LAST = ("apc_history",)
_NOT_COMPARED = ("goods", "bads", "parts", "learnt_from", "images", "backbone_share")
_CLASS = re.compile(r"(\w+)(?: object at \w+)?>?$")
_THE_LINE = ("segad_vad", "__default__")


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk over the leaves of nested settings: their keys, joined by dots, and values."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def log_parameters(parameters: Parameters) -> None:
    """Log every effective parameter, defaults included, to the active run."""
    flat = dict(flatten(parameters.model_dump(mode="json")))
    mlflow.log_params({k: str(v)[:_LONGEST_PARAM] for k, v in flat.items()})


def open_on_runs(experiment_id: str) -> None:
    """Tell MLflow that an experiment trains models, or its pages are about traces.

    The configuration says so too, but only of an experiment that it makes.
    """
    if mlflow.get_experiment(experiment_id).tags.get(_KIND) != _TRAINS_MODELS:
        mlflow.MlflowClient().set_experiment_tag(experiment_id, _KIND, _TRAINS_MODELS)


def run_name(parameters: Parameters, pipelines: Collection[str] = ()) -> str:
    """Name a run by what tells it from others: product, protocol and seed.

    Parameters
    ----------
    pipelines : collection of str, optional
        What runs; where that is not the line, it is named too.
    """
    product = "/".join(inspected_product(parameters))
    if inspected := parameters.inspect.path:
        return " · ".join([product, "inspect", inspected.name])
    beside = [name for name in pipelines if name not in _THE_LINE]
    return " · ".join([product, parameters.split.protocol, f"seed {parameters.seed}", *beside])


def set_tags(
    parameters: Parameters, project_path: str | Path, run_params: Mapping[str, Any]
) -> None:
    """Name the active run and tag it with what makes runs comparable.

    Parameters
    ----------
    project_path : str or Path
        Where to ask git for the code's version.
    run_params : mapping
        As Kedro's hooks have them.
    """
    pipelines = run_params.get("pipeline_names") or []
    source, category = inspected_product(parameters)
    mlflow.set_tags(
        {
            "mlflow.runName": run_name(parameters, pipelines),
            "source": source,
            "category": category,
            "protocol": parameters.split.protocol,
            "scheme": parameters.split.scheme,
            "seed": parameters.seed,
            "backbone": parameters.backbone.name,
            "code_version": _code_version(Path(project_path)),
            "runner": class_of(str(run_params.get("runner") or SequentialRunner.__name__)),
            **nesting_tags(),
        }
    )


def class_of(runner: str) -> str:
    """Name a runner's class, where Kedro has the object's address too."""
    found = _CLASS.search(runner)
    return found[1] if found else runner


def _code_version(project_path: Path) -> str:
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=project_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return vadline.__version__
    return f"{vadline.__version__}+{described}"


def log_outputs(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Log what the catalog marks for it, for those datasets that the pipeline makes.

    A run's page shows metrics in the order in which they came, all else sorts them by name: what
    the decisions come to is first in both.
    """
    made = pipeline.all_outputs()
    for name in (*_FIRST, *sorted(made - {*_FIRST, *_LAST}), *_LAST):
        if name in made:
            log_dataset(name, catalog.get(name))


def log_dataset(name: str, dataset: Any) -> None:
    """Log a dataset as its metadata asks for, if it does and the dataset exists.

    ``mlflow: table`` logs the file and what :func:`compared` leaves of it, as metrics
    ``<table>/<row>/<column>``, where the first column names the rows; ``time`` does so as
    ``time/<row>/<column>``; ``decisions`` logs the file, and what it comes to as metrics;
    ``figure`` and ``file`` log the file (plotly figures as a page); ``history`` logs each column as
    a metric ``training/<what>/<column>`` over its ``epoch``.
    """
    kind = (getattr(dataset, "metadata", None) or {}).get("mlflow")
    if kind is None or not dataset.exists():
        return
    if kind in ("table", "time"):
        table = dataset.load()
        first = name if kind == "table" else kind
        table = compared(first, table.set_index(table.columns[0]))
        mlflow.log_metrics(as_metrics(first, table))
        mlflow.log_artifact(str(dataset._get_load_path()), "tables")
    elif kind == "decisions":
        mlflow.log_metrics(as_metrics(name, decided_table(dataset.load())))
        mlflow.log_artifact(str(dataset._get_load_path()), "files")
    elif kind == "history":
        _log_history(name, dataset.load())
    else:
        _log_file(name, dataset, kind)


def compared(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Leave of a table what runs are compared by, lest it drown among hundreds of metrics.

    Counts, shares of backbones, single kinds' masks and the thresholds of other rates than the one
    in use are in the file alone.
    """
    if name == "thresholds":
        used = table[np.isclose(table["asked"], current().decide.false_reject_rate)]
        return used.set_axis(["in_use"] * len(used))
    return without_kinds(table).drop(columns=[*_NOT_COMPARED], errors="ignore")


def _log_history(name: str, history: pd.DataFrame) -> None:
    what = name.removesuffix("_history")
    for row in history.to_dict("records"):
        step = int(row.pop("epoch"))
        mlflow.log_metrics({f"training/{what}/{k}": float(v) for k, v in row.items()}, step=step)


def _log_file(name: str, dataset: Any, kind: str) -> None:
    path = Path(dataset._get_load_path())
    figure = dataset.load() if kind == "figure" and path.suffix == ".json" else None
    if isinstance(figure, go.Figure):
        mlflow.log_text(whole_page({name: figure}, name), f"figures/{name}.html")
    else:
        mlflow.log_artifact(str(path), f"{kind}s")

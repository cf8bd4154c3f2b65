"""What a run leaves in MLflow."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import plotly.graph_objects as go
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

import vadline
from vadline.config.inspecting import inspected_product
from vadline.config.tree import Parameters
from vadline.figures import whole_page
from vadline.metrics.tables import as_metrics
from vadline.sources.manifest import common_hash

_LONGEST_PARAM = 500  # MLflow refuses longer values


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


def set_tags(parameters: Parameters, project_path: str | Path) -> None:
    """Name the active run and tag it with what makes runs comparable.

    Parameters
    ----------
    project_path : str or Path
        Where to ask git for the code's version.
    """
    source, category = inspected_product(parameters)
    protocol = parameters.split.protocol
    inspected = parameters.inspect.path
    kind = f"inspect {inspected.name}" if inspected else f"{protocol} seed {parameters.seed}"
    mlflow.set_tags(
        {
            "mlflow.runName": f"{source}/{category} {kind}",
            "source": source,
            "category": category,
            "protocol": protocol,
            "scheme": parameters.split.scheme,
            "seed": parameters.seed,
            "backbone": parameters.backbone.name,
            "code_version": _code_version(Path(project_path)),
        }
    )


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
    """Log what the catalog marks for it, for those datasets that the pipeline makes."""
    for name in sorted(pipeline.all_outputs()):
        log_dataset(name, catalog.get(name))


def log_dataset(name: str, dataset: Any) -> None:
    """Log a dataset as its metadata asks for, if it does and the dataset exists.

    ``mlflow: table`` logs each cell as a metric ``<table>/<row>/<column>`` and the file, where the
    first column names the rows; ``figure`` and ``file`` log the file (plotly figures as a page);
    ``history`` logs each column as a metric over its ``epoch``; ``manifest`` tags the run with the
    images' common hash.
    """
    kind = (getattr(dataset, "metadata", None) or {}).get("mlflow")
    if kind is None or not dataset.exists():
        return
    if kind == "table":
        table = dataset.load()
        mlflow.log_metrics(as_metrics(name, table.set_index(table.columns[0])))
        mlflow.log_artifact(str(dataset._get_load_path()), "tables")
    elif kind == "history":
        _log_history(name, dataset.load())
    elif kind == "manifest":
        mlflow.set_tag("manifest_hash", common_hash(dataset.load()))
    else:
        _log_file(name, dataset, kind)


def _log_history(name: str, history: pd.DataFrame) -> None:
    for row in history.to_dict("records"):
        step = int(row.pop("epoch"))
        mlflow.log_metrics({f"{name}/{k}": float(v) for k, v in row.items()}, step=step)


def _log_file(name: str, dataset: Any, kind: str) -> None:
    path = Path(dataset._get_load_path())
    figure = dataset.load() if kind == "figure" and path.suffix == ".json" else None
    if isinstance(figure, go.Figure):
        mlflow.log_text(whole_page(figure, name), f"figures/{name}.html")
    else:
        mlflow.log_artifact(str(path), f"{kind}s")

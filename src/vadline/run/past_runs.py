"""Finds runs that are over, in MLflow or by their files, and reads what they have left."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from mlflow.entities import Run
from mlflow.environment_variables import MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR

from vadline.errors import VadlineError
from vadline.report import RunResult, moment

TABLES = ("detection", "segad", "refinement")
_VERSION = re.compile(r"\d{4}-\d\d")
_SHORTEST_ID = 4  # of the beginning of a run's id


def open_store(project: Path, env: str | None = None) -> str:
    """Set MLflow's store as a project's configuration says, and return the experiment's name.

    Parameters
    ----------
    env : str, optional
        Kedro's configuration environment.
    """
    logging.getLogger("kedro_mlflow").setLevel(logging.WARNING)
    bootstrap_project(project)
    with KedroSession.create(project, env=env) as session:  # its hooks set the store
        context: Any = session.load_context()  # type: ignore[attr-defined]  # KedroSession has it
        return str(context.mlflow.tracking.experiment.name)


def two_runs(names: Sequence[str], experiment: str, project: Path) -> tuple[RunResult, RunResult]:
    """Read the two runs that are named, or the two newest, the older one first.

    Parameters
    ----------
    names : sequence of str
        Two, or none: ids of MLflow's runs or their beginnings, their names (the newest of that name
        counts), or versions of results below ``data``.
    experiment : str
        The experiment's name in MLflow's store, which is set.
    project : Path

    Raises
    ------
    VadlineError
        If a run is unknown, or has left nothing to compare.
    """
    if len(names) not in (0, 2):
        raise VadlineError("name two runs, or none for the two newest: vadline compare A B")
    runs = [run for run in _runs(experiment) if run.info.status == "FINISHED" or names]
    if not names:
        newest = [run for run in runs if any(k.startswith("segad/") for k in run.data.metrics)][:2]
        if len(newest) < 2:
            raise VadlineError(
                f"two finished runs are compared, MLflow has {len(newest)} in {experiment!r}: "
                "kedro run --pipeline=segad_vad"
            )
        return _of_mlflow(newest[1]), _of_mlflow(newest[0])
    first, second = (_named(name, runs, project) for name in names)
    return first, second


def _runs(experiment: str) -> list[Run]:
    """List all runs of an experiment, the newest first."""
    order = ["attributes.start_time DESC"]
    if mlflow.get_experiment_by_name(experiment) is None:
        return []
    return mlflow.search_runs(experiment_names=[experiment], order_by=order, output_format="list")


def _named(name: str, runs: Sequence[Run], project: Path) -> RunResult:
    by_id = [run for run in runs if run.info.run_id == name] or (
        [run for run in runs if run.info.run_id.startswith(name)]
        if len(name) >= _SHORTEST_ID
        else []
    )
    if len(by_id) > 1:
        ids = ", ".join(run.info.run_id for run in by_id)
        raise VadlineError(f"several runs begin with {name}: {ids}; give more of the id")
    same = [run for run in runs if run.info.run_name == name]
    done = [run for run in same if run.info.status == "FINISHED"] or same
    if found := by_id or done[:1]:
        return _of_mlflow(found[0])
    if _VERSION.match(name):
        return _of_version(name, runs, project)
    known = ", ".join(f"{run.info.run_name} ({run.info.run_id[:8]})" for run in runs[:5])
    raise VadlineError(
        f"there is no run {name!r}, neither as an id nor as a name; the newest in MLflow: "
        f"{known or 'none'}"
    )


def _of_version(version: str, runs: Sequence[Run], project: Path) -> RunResult:
    """Read a version of results: of MLflow where that knows it, since it has the parameters too."""
    known = [run for run in runs if run.data.tags.get("run_id", "").startswith(version)]
    if len(known) == 1:
        return _of_mlflow(known[0])
    reporting = project / "data" / "08_reporting"
    found = sorted(reporting.glob(f"*/*/decisions.csv/{version}*/decisions.csv"))
    if len(found) != 1:
        many = ", ".join(str(path.parent.relative_to(reporting)) for path in found)
        raise VadlineError(
            f"{version} is several versions: {many}; give more of it"
            if found
            else f"there is no version {version} of any decisions.csv below {reporting}"
        )
    folder, full = found[0].parents[2], found[0].parent.name
    product = "/".join(folder.parts[-2:])
    return _read(
        RunResult(f"{product} {full}", full, product),
        {
            file: path
            for file in _files()
            if (path := folder / Path(file).name / full / Path(file).name).is_file()
        },
    )


def _of_mlflow(run: Run) -> RunResult:
    """Read what a run has left as artifacts."""
    tags, run_id = run.data.tags, run.info.run_id
    client = mlflow.MlflowClient()
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    known = RunResult(
        name=f"{run.info.run_name} ({run_id[:8]})",
        made=moment(datetime.fromtimestamp(run.info.start_time / 1000)),
        product=f"{tags.get('source', '?')}/{tags.get('category', '?')}",
        photographs=tags.get("manifest_hash", ""),
        settings=run.data.params,
    )
    try:
        kept = [
            file.path for at in ("tables", "files") for file in client.list_artifacts(run_id, at)
        ]
        with TemporaryDirectory() as scratch:
            files = {
                file: Path(client.download_artifacts(run_id, file, scratch))
                for file in _files()
                if file in kept
            }
            return _read(known, files, run.info.status)
    except (OSError, mlflow.MlflowException) as error:
        told = " ".join(str(error).split())
        raise VadlineError(f"artifacts of run {known.name} cannot be read: {told}") from error


def _files() -> Iterator[str]:
    yield from (f"tables/{name}.csv" for name in TABLES)
    yield from ("files/decisions.csv", "files/report.html")


def _read(known: RunResult, files: dict[str, Path], status: str = "FINISHED") -> RunResult:
    names = {name: f"tables/{name}.csv" for name in TABLES}
    tables = {name: pd.read_csv(files[file]) for name, file in names.items() if file in files}
    decisions = files.get("files/decisions.csv")
    report = files.get("files/report.html")
    if not tables and decisions is None:
        raise VadlineError(
            f"run {known.name} ({status.lower()}) has left neither tables nor decisions: name one "
            "of kedro run --pipeline=segad_vad that has finished"
        )
    return replace(
        known,
        tables=tables,
        decisions=None if decisions is None else pd.read_csv(decisions, dtype={"image_id": str}),
        page=report.read_text(encoding="utf-8") if report else "",
        missing=tuple(file for file in _files() if file not in files),
    )

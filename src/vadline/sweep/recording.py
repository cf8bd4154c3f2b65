"""A sweep in MLflow: one run, below which its cells' runs lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import mlflow
import pandas as pd

from vadline.run.nesting import SWEEP
from vadline.run.past_runs import open_store
from vadline.sweep.cells import read_json, write_json
from vadline.sweep.plan import Plan


class Record:
    """The run of a sweep; it goes on where an earlier call has begun it.

    Parameters
    ----------
    project : Path
        Its configuration says where MLflow's store is.
    folder : Path
        Of the sweep, which remembers the run.
    """

    def __init__(self, project: Path, folder: Path, name: str, plan: Plan) -> None:
        self._project, self._file = project, folder / "mlflow.json"
        self._name, self._plan = name, plan

    def __enter__(self) -> Self:
        mlflow.set_experiment(open_store(self._project))
        known = (read_json(self._file) or {}).get("run")
        self._run = mlflow.start_run(known) if self._is_there(known) else self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = "FINISHED" if kind is None else "FAILED"
        mlflow.end_run("KILLED" if kind is KeyboardInterrupt else ended)

    def environment(self) -> dict[str, str]:
        """Return what tells cells' processes where they belong."""
        told = {
            "project": str(self._project),
            "run": self._run.info.run_id,
            "sweep": self._name,
        }
        return {SWEEP: json.dumps(told)}

    def log(self, joint: pd.DataFrame, written: Mapping[str, Path]) -> None:
        """Log the joint table: means as metrics, and all files."""
        named = joint[["product", "arm", "table", "row", "metric"]].to_numpy().tolist()
        keys = [_key("/".join(filter(None, each))) for each in named]
        mlflow.log_metrics(dict(zip(keys, joint["mean"], strict=True)))
        for path in written.values():
            mlflow.log_artifact(str(path))
        mlflow.set_tag("mlflow.note.content", written["table.md"].read_text(encoding="utf-8"))

    def _begin(self) -> mlflow.ActiveRun:
        run = mlflow.start_run(run_name=f"sweep {self._name}")
        mlflow.set_tags({"sweep": self._name})
        mlflow.log_text(json.dumps(self._plan.model_dump(mode="json"), indent=1), "plan.json")
        write_json(self._file, {"run": run.info.run_id})
        return run

    @staticmethod
    def _is_there(run: str | None) -> bool:
        try:
            return run is not None and mlflow.get_run(run).info.lifecycle_stage == "active"
        except mlflow.MlflowException:
            return False


def _key(name: str) -> str:
    """Write a name as MLflow takes it."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)

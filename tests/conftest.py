"""A throw-away copy of the project, and runs in it."""

import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner

PROJECT = Path(__file__).parents[1]


class Project:
    """A copy of conf/ in a folder of its own, with its own data and MLflow store."""

    class Killed(BaseException):
        """Stands for the operating system's signal: nothing may catch it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(PROJECT / "conf", path / "conf")
        (path / "src").mkdir()
        for name in ("pyproject.toml", ".telemetry"):
            shutil.copy(PROJECT / name, path / name)

    def run(self, env="test", runner=None, params=None, **kwargs):
        """Run the whole line, as ``kedro run --pipeline=segad_vad`` does."""
        bootstrap_project(self.path)
        with KedroSession.create(self.path, env=env, runtime_params=params) as session:
            session.run(pipeline_names=["segad_vad"], runner=runner or SequentialRunner(), **kwargs)

    def is_killed(self, **kwargs):
        """Run the line and expect that a test's own trap kills it."""
        with pytest.raises(self.Killed):
            self.run(**kwargs)
        mlflow.end_run()  # a dead process has no open run

    def load(self, name, env="test", params=None):
        """Load a dataset as a notebook would."""
        bootstrap_project(self.path)
        with KedroSession.create(self.path, env=env, runtime_params=params) as session:
            return session.load_context().catalog.load(name)

    def tables(self, **kwargs):
        """Return the three tables of the last run, without what time decides."""
        names = ("detection", "segad", "refinement")
        return {n: self.load(n, **kwargs).drop(columns="seconds", errors="ignore") for n in names}

    def has_the_tables_of(self, other) -> None:
        """Assert that two projects' last runs gave the same tables."""
        ours, theirs = self.tables(), other.tables()
        for name in theirs:
            pd.testing.assert_frame_equal(ours[name], theirs[name])

    def mlflow_runs(self) -> pd.DataFrame:
        """Return all runs of the project's store."""
        mlflow.set_tracking_uri(f"sqlite:///{self.path / 'mlflow.db'}")
        return mlflow.search_runs(search_all_experiments=True)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    """Return an untouched project, and work inside it."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """Return a project whose line has run once under conf/test; do not run it again."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("finished")
        patch.chdir(path)
        project = Project(path)
        project.run()
        yield project

"""A throw-away copy of the project, and runs in it; how the suite shares two workers."""

import os

# One thread for each worker and for all that they start: set before anything loads OpenMP.
os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

import contextlib
import io
import shutil
from pathlib import Path
from typing import ClassVar

import hypothesis
import mlflow
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner
from tests.commands import Kedro

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

PROJECT = Path(__file__).parents[1]
PHOTOGRAPHS = Path("data/01_raw/made/demo/test")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Give the whole suite two workers, unless the command says how many or xdist is missing."""
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        if whole and config.option.numprocesses is None and not config.option.usepdb:
            config.option.numprocesses = 2
        if config.option.numprocesses and config.option.dist == "no":
            config.option.dist = "loadfile"  # what shares fixtures stays together
            config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Begin with the runs of the line, so that none is left for the end."""
    items.sort(key=lambda item: not {"finished", "project"} & set(item.fixturenames))


class Project:
    """A copy of conf/ in a folder of its own, with its own data and MLflow store."""

    class Killed(BaseException):
        """Stands for the operating system's signal: nothing may catch it."""

    rendered: ClassVar[Path | None] = None
    """The demo's photographs, as the first run of the process left them."""

    log: str
    """What the run of the fixture ``finished`` has printed."""

    def __init__(self, path: Path, store: Path | None = None) -> None:
        self.path = path
        shutil.copytree(PROJECT / "conf", path / "conf")
        (path / "src").mkdir()
        for name in ("pyproject.toml", ".telemetry"):
            shutil.copy(PROJECT / name, path / name)
        if store is not None:
            shutil.copy(store, path / "mlflow.db")
        if self.rendered is not None:
            shutil.copytree(self.rendered, path / PHOTOGRAPHS)

    def run(self, env="test", runner=None, params=None, pipeline="segad_vad", **kwargs):
        """Run the whole line, as ``kedro run --pipeline=segad_vad`` does, or another pipeline."""
        bootstrap_project(self.path)
        with KedroSession.create(self.path, env=env, runtime_params=params) as session:
            session.run(pipeline_names=[pipeline], runner=runner or SequentialRunner(), **kwargs)
        if Project.rendered is None and (self.path / PHOTOGRAPHS).is_dir():
            Project.rendered = self.path / PHOTOGRAPHS

    def is_killed(self, **kwargs):
        """Run the line and expect that a test's own trap kills it."""
        with pytest.raises(self.Killed):
            self.run(**kwargs)
        mlflow.end_run()  # a dead process has no open run

    def catalog(self, env="test", params=None):
        """Return the catalog that a notebook would load from."""
        bootstrap_project(self.path)
        with KedroSession.create(self.path, env=env, runtime_params=params) as session:
            return session.load_context().catalog

    def load(self, name, **kwargs):
        """Load a dataset as a notebook would."""
        return self.catalog(**kwargs).load(name)

    def tables(self, **kwargs):
        """Return the tables of the last run, without what time decides."""
        catalog = self.catalog(**kwargs)
        names = ("detection", "segad", "kinds", "refinement", "thresholds")
        return {n: catalog.load(n).drop(columns="seconds", errors="ignore") for n in names}

    def results(self, product="demo/test") -> dict[str, bytes]:
        """Return the files where people look, by name, read through all links."""
        below = (self.path / "results" / product).resolve()
        files = [path for path in below.rglob("*") if not path.is_dir()]
        return {str(path.relative_to(below)): path.read_bytes() for path in files}

    def has_the_tables_of(self, other) -> None:
        """Assert that two projects' last runs gave the same tables."""
        ours, theirs = self.tables(), other.tables()
        for name in theirs:
            pd.testing.assert_frame_equal(ours[name], theirs[name])

    def mlflow_runs(self) -> pd.DataFrame:
        """Return all runs of the project's store."""
        mlflow.set_tracking_uri(f"sqlite:///{self.path / 'mlflow.db'}")
        return mlflow.search_runs(search_all_experiments=True)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory) -> Path:
    """Return an MLflow store without runs: making one takes as long as half a run of the line."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def project(tmp_path, monkeypatch, empty_store) -> Project:
    """Return an untouched project, and work inside it."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, empty_store)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """Return a project whose line has run once under conf/test; do not run it again."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("finished")
        patch.chdir(path)
        project = Project(path)
        log = io.StringIO()
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            project.run()
        project.log = log.getvalue()
        yield project


@pytest.fixture(scope="session")
def kedro(tmp_path_factory) -> Kedro:
    """Return what runs ``kedro`` on the command line."""
    commands = Kedro(tmp_path_factory.mktemp("kedro"))
    yield commands
    commands.close()

"""How a run ends in MLflow when it does not end well."""

import signal

import mlflow
import pytest

from vadline.errors import VadlineError
from vadline.run import endings

STOPS = """
import os, signal

def interrupted(root, category):
    os.kill(os.getpid(), signal.SIGINT)

def terminated(root, category):
    os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize(
    ("what", "code"), [("interrupted", 130), ("terminated", 128 + signal.SIGTERM)]
)
def test_a_run_that_is_stopped_is_killed_and_not_finished(kedro, project, what, code):
    (project.path / "src/stops.py").write_text(STOPS)
    params = f"source.name=stops:{what}"
    done = kedro(project.path, "run", "--env=test", "--tags=ingest", "--params", params)
    assert done.returncode == code, done.stderr
    assert list(project.mlflow_runs()["status"]) == ["KILLED"]


def ingest(project, monkeypatch, error):
    """Run the line into an error in its first stage."""

    def fail(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("vadline.pipelines.ingest.nodes.list_source", fail)
        with pytest.raises(type(error)):
            project.run(tags=["ingest"])


def test_a_failed_run_says_why_and_the_next_closes_one_that_was_interrupted(project, monkeypatch):
    ingest(project, monkeypatch, KeyboardInterrupt())
    assert mlflow.active_run() is not None  # as in a notebook, whose process goes on
    ingest(project, monkeypatch, VadlineError("drawer 7 is empty: fill it"))
    assert mlflow.active_run() is None
    ingest(project, monkeypatch, ZeroDivisionError("of\nwhat?"))
    runs = project.mlflow_runs().sort_values("start_time")
    assert list(runs["status"]) == ["KILLED", "FAILED", "FAILED"]
    reasons = ["drawer 7 is empty: fill it", "ZeroDivisionError: of what?"]
    assert list(runs[f"tags.{endings.REASON}"].dropna()) == reasons


def test_a_run_that_a_person_has_opened_is_left_alone(project):
    mlflow.set_tracking_uri(f"sqlite:///{project.path / 'mlflow.db'}")
    mlflow.set_experiment("own")
    with mlflow.start_run() as run:
        endings.end_open_run(KeyboardInterrupt())
        assert mlflow.active_run().info.run_id == run.info.run_id

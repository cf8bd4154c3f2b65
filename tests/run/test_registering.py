"""Which photographs a run in MLflow was about."""

import mlflow
import pytest
from kedro.framework.project import pipelines

from vadline.errors import VadlineError
from vadline.run.reporting import TrackingHooks


def given_to(run_id):
    run = mlflow.get_run(run_id)
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.digest == run.data.tags["manifest_hash"]
    return given.dataset.name


def test_a_run_that_fails_after_the_photographs_are_listed_names_them(project, monkeypatch):
    def fail(*args, **kwargs):
        raise VadlineError("no protocol fits")

    monkeypatch.setattr("vadline.pipelines.split.nodes.make_split", fail)
    with pytest.raises(VadlineError):
        project.run(tags=["ingest", "split"])
    (run,) = project.mlflow_runs().to_dict("records")
    assert run["status"] == "FAILED"
    assert given_to(run["run_id"]) == "demo/test"


def test_what_a_worker_or_an_earlier_run_has_listed_is_named_too(finished, project):
    catalog = finished.catalog()
    project.mlflow_runs()  # sets MLflow's store
    with mlflow.start_run() as run:
        TrackingHooks().on_pipeline_error(pipelines["split"], catalog)
    assert given_to(run.info.run_id) == "demo/test"

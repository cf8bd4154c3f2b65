"""What a person sees who opens a run in MLflow."""

import json

import mlflow
import pytest
from PIL import Image

from vadline.config.parsing import parse
from vadline.run.tracking import open_on_runs, run_name


@pytest.fixture
def run(finished):
    (row,) = finished.mlflow_runs().to_dict("records")
    return mlflow.get_run(row["run_id"])


def test_the_experiment_opens_on_its_runs(run):
    experiment = mlflow.get_experiment(run.info.experiment_id)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"


def test_an_experiment_that_was_there_before_opens_on_its_runs_too(project):
    mlflow.set_tracking_uri(f"sqlite:///{project.path / 'mlflow.db'}")
    known = mlflow.create_experiment("older")
    open_on_runs(known)
    tags = mlflow.get_experiment(known).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"


def test_a_run_is_named_by_product_protocol_and_seed(run):
    assert run.info.run_name == "demo/test · high_shot · seed 0"
    settings = parse({"seed": 3, "source": {"category": "lid"}})
    name = run_name(settings, ["f2pad_benchmark"])
    assert name == "demo/lid · high_shot · seed 3 · f2pad_benchmark"


def test_the_description_has_outcome_tables_report_and_picture(finished, run):
    note = run.data.tags["mlflow.note.content"]
    decisions = finished.load("decisions")
    rejected = (decisions["decision"] == "reject").sum()
    assert f"**{rejected} of {len(decisions)} parts are rejected" in note
    for name in ("detection", "segad", "refinement"):
        assert f"**{name}**, in %" in note
    best = finished.load("segad").set_index("row").loc["segad_safe", "image_auroc"]
    assert f"segad\\_safe | &ensp;{100 * best:.1f}" in note
    assert f"get-artifact?path=files/report.html&run_uuid={run.info.run_id}" in note
    picture = "figures/description.jpg"
    assert f"](get-artifact?path={picture}&run_uuid={run.info.run_id})" in note
    path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=picture)
    with Image.open(path) as shown:
        assert shown.width <= 800


def test_the_data_set_is_told_by_its_hash_and_counted(finished, run):
    (given,) = run.inputs.dataset_inputs
    manifest = finished.load("manifest")
    assert given.dataset.name == "demo/test"
    assert given.dataset.digest == run.data.tags["manifest_hash"]
    counts = json.loads(given.dataset.profile)
    assert counts["photographs"] == len(manifest)
    assert counts["good"] == (manifest["label"] == "good").sum()
    assert counts["bad with a mask"] == counts["bad"] == (manifest["label"] == "bad").sum()


def test_metrics_begin_with_what_was_decided(finished, run):
    first = {name.split("/")[0] for name in sorted(run.data.metrics)[:4]}
    assert first == {"decisions"}
    tops = {name.split("/")[0] for name in run.data.metrics}
    tables = {"decisions", "detection", "segad", "kinds", "refinement", "thresholds"}
    assert tops == tables | {"time", "training"}
    decisions = finished.load("decisions").query("part == 'test' and label == 'bad'")
    caught = (decisions["decision"] == "reject").mean()
    assert run.data.metrics["decisions/test/bads_caught"] == pytest.approx(caught)
    assert {"time/ingest/seconds", "time/evaluate/peak_memory_mb"} <= set(run.data.metrics)


def test_metrics_are_what_runs_are_compared_by(run):
    assert len(run.data.metrics) < 130
    assert run.data.metrics["thresholds/in_use/asked"] == pytest.approx(0.05)
    rows = {tuple(name.split("/")[:2]) for name in run.data.metrics}
    assert [row for table, row in rows if table == "thresholds"] == ["in_use"]


def test_an_artifact_is_what_one_opens_and_there_once(finished, run):
    folder = finished.path / f"mlartifacts/{run.info.run_id}/artifacts"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).parts[0] for path in files} == {"figures", "files", "tables"}
    assert sum(path.stat().st_size for path in files) < 6e6
    assert run.data.tags["runner"] == "SequentialRunner"

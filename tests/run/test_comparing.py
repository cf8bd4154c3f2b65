"""Two runs side by side: which ones, and what is told of them."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from tests.report.worlds import decisions, report_data

from vadline import cli
from vadline.errors import VadlineError
from vadline.report import render_report
from vadline.run.past_runs import two_runs

NAME = "demo/tiny · high_shot · seed 0"


def leave_run(tmp_path, auroc, table, name=NAME, **given):
    """Leave a run in MLflow as the line does, and return its id."""
    tables = {
        "detection": pd.DataFrame({"row": ["apc"], "image_auroc": [auroc], "fpr_at_95tpr": [0.2]}),
        "segad": pd.DataFrame({"row": ["segad_safe"], "image_auroc": [auroc]}),
    }
    source, category = given.get("product", "demo/tiny").split("/")
    with mlflow.start_run(run_name=name) as run:
        mlflow.set_tags({"source": source, "category": category} | given.get("tags", {}))
        mlflow.log_params({"seed": "0", "images.size": "16"} | given.get("params", {}))
        mlflow.log_metric("segad/segad_safe/image_auroc", auroc)
        for table_name in given.get("tables", tables):
            path = tmp_path / f"{table_name}.csv"
            tables[table_name].to_csv(path, index=False)
            mlflow.log_artifact(str(path), "tables")
        if table is not None:
            table.to_csv(tmp_path / "decisions.csv", index=False)
            (tmp_path / "report.html").write_text(render_report(report_data(table)))
            for file in ("decisions.csv", "report.html"):
                mlflow.log_artifact(str(tmp_path / file), "files")
    return run.info.run_id


@pytest.fixture
def store(project):
    """Set MLflow's store to the project's, with the experiment that its configuration names."""
    mlflow.set_tracking_uri(f"sqlite:///{project.path / 'mlflow.db'}")
    mlflow.create_experiment("vadline", artifact_location=str(project.path / "mlartifacts"))
    mlflow.set_experiment("vadline")
    return project.path


def flipped(table, at=0):
    """Return decisions of which one is another."""
    other = table.copy()
    other.loc[at, "decision"] = "accept" if table.loc[at, "decision"] == "reject" else "reject"
    return other


def compare(*arguments):
    """Run ``vadline compare`` as a person does."""
    return CliRunner().invoke(cli.compare, arguments, catch_exceptions=False)


def test_the_two_newest_are_compared_on_one_page_that_loads_nothing(store):
    first = leave_run(store, 0.9, decisions())
    second = leave_run(store, 0.8, flipped(decisions()), params={"seed": "17"})
    done = compare("--out", "page.html")
    assert done.exit_code == 0, done.output
    assert done.output.index(first[:8]) < done.output.index(second[:8])
    assert "−10.0" in done.output
    assert "decided differently: 1" in done.output
    page = (store / "page.html").read_text()
    assert "90.0 → <b>80.0</b><small>−10.0</small>" in page
    assert "<th>seed</th><td>0</td><td>17</td>" in page
    assert "images.size" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "<script" not in page
    (shown,) = page.split('<article class="card"')[1:]
    assert f'data-id="{decisions()["image_id"][0]}"' in shown
    assert shown.count("data:image/jpeg") >= 1
    assert ">accepted<" in shown
    assert ">rejected<" in shown


def test_runs_are_found_by_id_its_beginning_name_and_version(store):
    first = leave_run(store, 0.9, decisions(), tags={"run_id": "2026-05-01T10.00.00.000Z"})
    second = leave_run(store, 0.8, decisions(), name="other")
    for names in ((second, first), ("other", NAME), (second[:8], "2026-05-01T10.00")):
        runs = two_runs(names, "vadline", store)
        assert [run.name[-9:-1] for run in runs] == [second[:8], first[:8]]


def test_versions_of_results_are_read_without_mlflow(store):
    versions = ("2026-05-01T10.00.00.000Z", "2026-05-02T10.00.00.000Z")
    for version in versions:
        folder = store / "data/08_reporting/demo/tiny/decisions.csv" / version
        folder.mkdir(parents=True)
        decisions().to_csv(folder / "decisions.csv", index=False)
    done = compare(*versions)
    assert done.exit_code == 0, done.output
    assert "decided differently: 0" in done.output
    with pytest.raises(VadlineError, match=r"several versions.*give more"):
        two_runs(("2026-05", "2026-05-02T10"), "vadline", store)


def test_runs_of_different_products_are_compared_with_a_warning(store):
    leave_run(store, 0.9, decisions())
    leave_run(store, 0.8, None, product="mtd/all", tables=["segad"])
    done = compare()
    assert done.exit_code == 0, done.output
    assert "different products, demo/tiny and mtd/all" in done.output
    assert "has no tables/detection.csv" in done.output
    assert "has no files/decisions.csv" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "MLflow has 1"),
        (["nope", NAME], "there is no run 'nope'"),
        ([NAME], "name two runs"),
        ([NAME, "empty"], "neither tables nor decisions"),
        ([NAME, "1999-01-01T00.00"], "no version 1999-01-01T00.00"),
        (["--env=nope"], "--env=nope"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(store, arguments, words):
    leave_run(store, 0.9, decisions())
    with mlflow.start_run(run_name="empty"):
        mlflow.set_tag("source", "demo")
    done = compare(*arguments)
    assert done.exit_code == 1
    (line,) = [line for line in done.output.splitlines() if line.startswith("vadline: ")]
    assert words in line


def test_artifacts_that_are_gone_are_told_in_one_line(store):
    first = leave_run(store, 0.9, decisions())
    second = leave_run(store, 0.8, decisions())
    for path in (store / "mlartifacts" / second / "artifacts").rglob("*.csv"):
        path.unlink()
    with pytest.raises(VadlineError, match="neither tables nor decisions"):
        two_runs((first, second), "vadline", store)
    assert np.isfinite(two_runs((first, first), "vadline", store)[0].decisions["score"]).all()

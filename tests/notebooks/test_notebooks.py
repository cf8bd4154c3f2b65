"""The notebooks, executed from top to bottom beside a finished run and beside none."""

import shutil
from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelspec import write_kernel_spec
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MAPS, COMPARISON = "anomaly_maps_of_one_part.ipynb", "compare_two_runs.ipynb"


@pytest.fixture(autouse=True)
def surroundings(tmp_path_factory, monkeypatch):
    """Give kernels this interpreter, conf/test, and no tracking URI but the project's own."""
    path = tmp_path_factory.mktemp("jupyter")
    write_kernel_spec(path / "kernels" / "python3")
    monkeypatch.setenv("JUPYTER_PATH", str(path))
    monkeypatch.setenv("IPYTHONDIR", str(path / "ipython"))
    monkeypatch.setenv("VADLINE_ENV", "test")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


class Executed:
    """A notebook, executed in a project's own notebooks folder as far as it goes."""

    def __init__(self, project, name, **settings):
        folder = project.path / "notebooks"
        shutil.copytree(NOTEBOOKS, folder, dirs_exist_ok=True)
        self.notebook = nbformat.read(folder / name, as_version=4)
        for key, value in settings.items():
            self._set(key, value)
        resources = {"metadata": {"path": str(folder)}}
        client = NotebookClient(
            self.notebook, kernel_name="python3", timeout=300, resources=resources
        )
        self.error = None
        try:
            client.execute()
        except CellExecutionError as error:
            self.error = error

    def _set(self, key, value):
        cell = self._cell("settings")
        lines = cell.source.splitlines()
        (at,) = (i for i, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[at] = f"{key} = {value!r}"
        cell.source = "\n".join(lines)

    def _cell(self, name):
        (cell,) = (cell for cell in self.notebook.cells if cell.id == name)
        return cell

    def shown(self, name, kind):
        """Return what a cell shows of one MIME type."""
        data = [output.get("data", {}) for output in self._cell(name).outputs]
        return [item[kind] for item in data if kind in item]

    def tables(self, name):
        """Return a cell's tables as HTML, without the blanks that rich adds."""
        return [html for html in self.shown(name, "text/html") if "<table" in html]

    def printed(self, name):
        """Return what a cell prints."""
        return "".join(output.get("text", "") for output in self._cell(name).outputs)


@pytest.fixture
def two_runs(finished, tmp_path, monkeypatch) -> tuple[str, str]:
    """Point MLflow at a copy of the finished project's store that has a second, better run."""
    shutil.copy(finished.path / "mlflow.db", tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("vadline").experiment_id
    (first,) = client.search_runs([experiment])
    second = client.create_run(experiment, run_name="second", tags={"protocol": "low_shot"})
    metrics = first.data.metrics | {"detection/apc/pixel_auroc": 1.0}
    params = first.data.params | {"seed": "17"}
    client.log_batch(
        second.info.run_id,
        [Metric(key, value, second.info.start_time, 0) for key, value in metrics.items()],
        [Param(key, value) for key, value in params.items()],
    )
    client.set_terminated(second.info.run_id)
    return first.info.run_id, second.info.run_id


def test_the_highest_scored_bad_part_is_shown_with_maps_segments_and_statistics(finished):
    executed = Executed(finished, MAPS)
    assert executed.error is None
    decisions = finished.load("decisions")
    bads = decisions[decisions["label"] == "bad"]
    assert executed.printed("choice").startswith(bads.loc[bads["score"].idxmax(), "image_id"])
    (parts,) = executed.tables("decisions")
    assert all(image_id in parts for image_id in decisions["image_id"])
    for cell in ("draw-maps", "draw-segments"):
        assert len(executed.shown(cell, "image/png")) == 1
    (table,) = executed.tables("show-statistics")
    names = ["patchcore", "apc", *finished.load("segment_names"), "this part", "median of goods"]
    assert all(name in table for name in names)


def test_a_refined_part_is_shown_with_its_mask(finished):
    log = finished.load("patchcore.refine_log")
    refined = log["image_id"].iloc[0]
    executed = Executed(finished, MAPS, IMAGE_ID=refined)
    assert executed.error is None
    assert executed.printed("choice").startswith(refined)
    assert len(executed.shown("show-refined", "image/png")) == 1
    assert "not refined" not in executed.printed("show-refined")


def test_the_two_latest_runs_are_compared(finished, two_runs):
    first, second = two_runs
    executed = Executed(finished, COMPARISON)
    assert executed.error is None
    assert (
        executed.printed("runs").strip()
        == f"demo/test · high_shot · seed 0 {first[:6]} against second {second[:6]}"
    )
    (differing,) = executed.tables("differences")
    assert "seed" in differing
    assert "17" in differing
    assert "low_shot" in differing
    assert "f2pad.max_images" not in differing
    runs_own = finished.tables()
    del runs_own["thresholds"]
    tables = dict(zip(runs_own, executed.tables("show-tables"), strict=True))
    for name, html in tables.items():
        assert f">{name}</caption>" in html
        assert all(f">{row}</th>" in html for row in runs_own[name]["row"])
    old = runs_own["detection"].set_index("row").loc["apc", "pixel_auroc"]
    assert f">{100 * (1 - old):.1f}</td>" in tables["detection"]
    assert "background-color" in tables["detection"]
    assert "background-color" not in tables["segad"]
    assert len(executed.shown("draw-auroc", "image/png")) == 1


def test_named_runs_are_compared_in_the_order_named(finished, two_runs):
    first, second = two_runs
    executed = Executed(finished, COMPARISON, RUN_IDS=(second, first))
    assert executed.error is None
    assert (
        executed.printed("runs").strip()
        == f"second {second[:6]} against demo/test · high_shot · seed 0 {first[:6]}"
    )


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        (MAPS, "catalog", "There is no run yet: kedro run --pipeline=segad_vad --env=test"),
        (COMPARISON, "runs", "Two finished runs are compared, MLflow has 0"),
    ],
)
def test_without_a_run_a_notebook_ends_in_one_line(project, name, cell, message):
    executed = Executed(project, name)
    assert executed.error.ename == "VadlineError"
    (line,) = executed.printed(cell).splitlines()
    assert line.startswith(message)

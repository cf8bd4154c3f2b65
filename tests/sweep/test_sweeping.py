"""A sweep is run once, whatever stops it in between."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from datetime import date
from functools import partial

import mlflow
import pandas as pd
import pytest
import yaml
from filelock import FileLock
from tests.sweep import trees

from vadline.errors import VadlineError
from vadline.sweep import Plan, sweep
from vadline.sweep.cells import Place, share_files, write_json
from vadline.sweep.local import run_here
from vadline.sweep.ray_engine import on_ray

SMALL = {
    "images.size": 64,
    "line.detectors": "patchcore",
    "line.refined": "",
    "detectors.patchcore.coreset_size": 50,
    "segad.forest.trees": 5,
    "split.shots": 3,
}
PLAN = Plan.model_validate({"title": "Two", "products": ["a", "b"], "seeds": 2})


class Engine:
    """Stands for an engine: cells of product ``b`` fail, until they are mended."""

    def __init__(self):
        self.ran, self.mended = [], False

    def __call__(self, places, environment):
        for place in places:
            place.prepare()
            self.ran.append(place.cell.name)
            if place.cell.product == "b" and not self.mended:
                place.fail("no photographs")
            else:
                row = {"row": "patchcore", "image_auroc": 0.9, "fpr_at_95tpr": 0.1}
                (place.own / "data").mkdir()
                write_json(place.own / "done.json", {"tables": {"segad": [row]}, "seconds": 1})
            yield place


def test_what_is_done_is_kept_and_what_has_failed_is_tried_again(project, caplog):
    engine = Engine()
    written = sweep("two", PLAN, project.path, engine)
    assert len(engine.ran) == 4
    assert "2 of 4 cells have failed, the first by no photographs" in caplog.text
    assert set(pd.read_csv(written["cells.csv"])["product"]) == {"a"}
    cells = project.path / "data/sweeps/two/cells"
    assert not list(cells.glob("a-*/data"))  # tidied up
    engine.mended = True
    page = project.path / "page.md"
    page.write_text("<!-- sweep two -->\n<!-- end -->\n")
    written = sweep("two", PLAN, project.path, engine, keep=True, into=page)
    assert engine.ran[4:] == [name for name in engine.ran[:4] if name.startswith("b-")]
    assert set(pd.read_csv(written["joint.csv"])["product"]) == {"a", "b", "all"}
    assert len(list(cells.glob("b-*/data"))) == 2
    assert f"\n    vadline sweep two    # {date.today()}: 4 cells, 0.0 minutes " in page.read_text()
    (run,) = project.mlflow_runs().to_dict("records")
    assert run["tags.mlflow.runName"] == "sweep two"
    assert run["status"] == "FINISHED"
    assert run["metrics.all/segad/patchcore/image_auroc"] == 0.9


def test_another_configuration_is_another_cell(project):
    engine = Engine()
    plan = Plan.model_validate({"title": "One", "products": ["a"]})
    sweep("one", plan, project.path, engine)
    local = project.path / "conf/local"
    local.mkdir(exist_ok=True)
    (local / "parameters.yml").write_text("decide: {false_reject_rate: 0.1}\n")
    sweep("one", plan, project.path, engine)
    sweep("one", plan, project.path, engine)
    assert len(engine.ran) == 2


def test_where_nothing_is_done_the_reason_is_told(project):
    plan = Plan.model_validate({"title": "One", "products": ["b"]})
    with pytest.raises(VadlineError, match="no cell has left a table: no photographs"):
        sweep("one", plan, project.path, Engine())


def test_one_sweep_of_a_plan_at_a_time(project):
    folder = project.path / "data/sweeps/two"
    folder.mkdir(parents=True)
    with FileLock(folder / ".lock"), pytest.raises(VadlineError, match="another sweep of two"):
        sweep("two", PLAN, project.path, Engine())


def test_large_files_are_shared_and_small_ones_copied(tmp_path):
    shared, own = tmp_path / "shared", tmp_path / "own"
    (shared / "a").mkdir(parents=True)
    (shared / "a/large.npy").write_bytes(bytes(2**21))
    (shared / "small.json").write_text("{}")
    share_files(shared, own)
    assert (own / "a/large.npy").samefile(shared / "a/large.npy")
    assert not (own / "small.json").samefile(shared / "small.json")
    (own / "small.json").write_text("own")
    share_files(shared, own)
    assert (own / "small.json").read_text() == "own"


@pytest.fixture
def boards(project):
    """Two products of VisA and two of MVTec AD, and the plan of both."""
    for name, write in (("visa", trees.visa), ("mvtec", trees.mvtec)):
        for category in ("one", "two"):
            write(project.path / name, category)
    products = {
        name: {
            "env": name,
            "params": {"source.root": str(project.path / name)},
            "categories": ["one", "two"],
        }
        for name in ("visa", "mvtec")
    }
    plan = {"title": "Boards", "params": SMALL, "products": products, "seeds": 2}
    (project.path / "conf/plans").mkdir(exist_ok=True)
    (project.path / "conf/plans/boards.yml").write_text(yaml.safe_dump(plan))
    return Plan.model_validate(plan)


def test_a_sweep_that_is_killed_goes_on_where_it_was_on_ray_too(project, boards):
    command = [sys.executable, "-m", "vadline", "sweep", "boards", "--workers", "2"]
    killed = subprocess.Popen(command, cwd=project.path, stderr=subprocess.PIPE)
    cells = project.path / "data/sweeps/boards/cells"
    deadline = time.monotonic() + 240
    while not (done := list(cells.glob("*/done.json"))):
        assert killed.poll() is None, killed.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in done}
    time.sleep(4)  # cells' processes end with the sweep's
    here = partial(run_here, workers=2)
    there = on_ray(workers=2) if importlib.util.find_spec("ray") else here
    written = sweep("boards", boards, project.path, there)
    assert before == {path: path.stat().st_mtime_ns for path in done}
    places = [Place(project.path, cells.parent, cell) for cell in boards.cells()]
    assert all(place.done() for place in places)
    joint = pd.read_csv(written["joint.csv"]).set_index(["product", "row", "metric"])
    assert joint.loc[("all", "patchcore", "image_auroc"), "mean"] > 0.9
    assert (joint["seeds"] == 2).all()
    runs = project.mlflow_runs()
    (parent,) = runs[runs["tags.mlflow.runName"] == "sweep boards"]["run_id"]
    children = runs[runs["tags.mlflow.parentRunId"] == parent]
    finished = children[children["status"] == "FINISHED"]["tags.mlflow.runName"]
    assert set(finished) == {f"{cell.product} · seed {cell.seed}" for cell in boards.cells()}
    assert mlflow.get_run(parent).info.status == "FINISHED"
    one = {"mvtec": boards.products["mvtec"].model_copy(update={"categories": ["two"]})}
    last = boards.model_copy(update={"products": one, "seeds": [1]})
    sweep("again", last, project.path, here)
    (again,) = (Place(project.path, cells.parents[1] / "again", cell) for cell in last.cells())
    assert places[-1].cell == again.cell
    assert places[-1].done()["tables"] == again.done()["tables"]  # to the last digit

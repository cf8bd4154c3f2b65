"""The newest results stand where people look, and a run says so in few lines."""

import re
import shutil

import pandas as pd
import pytest
from PIL import Image

from vadline.pipelines.inspect import nodes

LINES = 60
FIGURES = ["segad_roc", "segad_histograms", "thresholds", "detection_roc"]
FIGURES += ["segad", "detection", "refinement"]
FIGURES += [f"{setup}_importances" for setup in ("patchcore", "apc", "all_ad", "segad_safe")]
FIGURES += ["apc_history"]


@pytest.fixture(scope="module")
def place(finished):
    return finished.path / "results/demo/test"


def test_a_run_s_newest_files_stand_in_one_place(finished, place):
    names = set(finished.results())
    assert {"decisions.csv", "report.html", "inspector.zip", "ingest_report.json"} <= names
    tables = {"detection", "segad", "kinds", "refinement", "thresholds", "defects"}
    tables |= {"wrong_decisions", "stage_profile", "detector_profile"}
    assert {f"tables/{name}.csv" for name in tables} <= names
    pictures = ("figures.html", "segments.png", "patchcore_gallery.png")
    assert {name for name in names if name.startswith("figures/")} == {
        f"figures/{picture}" for picture in pictures
    }
    decisions = pd.read_csv(place / "decisions.csv")
    assert set(decisions["image_id"]) == set(finished.load("split")["image_id"])
    rejected = decisions.loc[decisions["decision"] == "reject", "image_id"]
    assert {name for name in names if name.startswith("parts/")} == {
        f"parts/{part}/{name}.png" for part in rejected for name in ("map", "mask", "overlay")
    }
    assert (place / "report.html").read_text() == finished.load("report")


def test_all_figures_are_on_one_page_that_needs_no_other_file(finished, place):
    (run,) = finished.mlflow_runs().to_dict("records")
    below = f"mlartifacts/{run['run_id']}/artifacts/figures"
    (logged,) = finished.path.glob(f"{below}/*.html")
    page = (place / "figures/figures.html").read_text()
    assert logged.read_text() == page
    assert re.findall(r'<section id="(\w+)"', page) == FIGURES
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)
    assert page.count("DecompressionStream") == 1
    assert len(page) < 3e6


def test_a_run_prints_few_lines_and_what_matters(finished, place):
    lines = finished.log.splitlines()
    assert len(lines) <= LINES - 6  # a whole run has another detector in three tables
    for words in ("Running node", "Loading data", "Saving data", "Completed", "will take"):
        assert words not in finished.log
    told = [line.split("INFO")[1].split() for line in lines if " GB " in line]
    assert [words[0] for words in told].count("ingest") == 1
    assert len(told) == 9
    assert "30 goods, 18 bads of 10 kinds, 18 masks" in finished.log
    assert "24 goods, 10 bads teach; test 6 goods, 8 bads (4 unseen)" in finished.log
    for table in ("detection", "segad", "kinds", "refinement"):
        assert sum(line.startswith(f"{table} ") for line in lines) == 1


def test_a_run_lists_its_wrong_decisions(finished, place):
    decisions = finished.load("decisions")
    missed = decisions.query("label == 'bad' and decision == 'accept'")
    rejected = decisions.query("label == 'good' and decision == 'reject'")
    table = pd.read_csv(place / "tables/wrong_decisions.csv")
    assert table["image_id"].tolist() == [
        *missed.sort_values("score")["image_id"],
        *rejected["image_id"],
    ]
    lines = finished.log.splitlines()
    (title,) = (index for index, line in enumerate(lines) if line.startswith("Wrong decisions: "))
    rows = lines[title + 2 :][: min(len(table), 10)]
    assert rows
    for row in rows:
        kind, part, *_, picture = row.split()
        assert part in set(table.loc[table["wrong"] == kind, "image_id"])
        with Image.open(finished.path / picture) as shown:
            shown.load()


def test_the_paths_that_a_run_ends_with_open(finished, place):
    paths = re.findall(r"^  (results/\S+)", finished.log, re.MULTILINE)
    assert [path.rsplit("/", 1)[1] for path in paths] == [
        "report.html",
        "decisions.csv",
        "inspector.zip",
    ]
    assert all((finished.path / path).is_file() for path in paths)


def test_what_is_inspected_stands_beside_and_a_failed_run_changes_nothing(
    finished, project, monkeypatch
):
    below = "data/06_models/demo/test/inspector.zip"
    shutil.copytree(finished.path / below, project.path / below)
    photographs = sorted((finished.path / "data/01_raw/made/demo/test/test/bad").glob("*.png"))
    folder = project.path / "new"
    folder.mkdir()
    shutil.copy(photographs[0], folder / "a.png")
    settings = {"inspect": {"folder": str(folder), "pictures": True, "refine": False}}
    project.run(pipeline="inspect", env="base", params=settings)
    first = project.results()
    pictures = {name for name in first if name.startswith("inspected/")}
    assert set(first) - pictures == {"inspection.csv", "inspection.html"}
    assert {name.rsplit("/", 1)[1] for name in pictures} == {"map.png", "mask.png", "overlay.png"}

    def fail(*args):
        raise RuntimeError("killed")

    shutil.copy(photographs[1], folder / "a.png")
    with monkeypatch.context() as patch:
        patch.setattr(nodes, "inspection_page", fail)
        with pytest.raises(RuntimeError, match="killed"):
            project.run(pipeline="inspect", env="base", params=settings)
    assert project.results() == first
    project.run(pipeline="inspect", env="base", params=settings)
    assert project.results().keys() >= {"inspection.csv", "inspection.html"}
    assert project.results()["inspection.csv"] != first["inspection.csv"]

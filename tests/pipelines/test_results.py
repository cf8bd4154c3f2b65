"""The newest results stand where people look, and a run says so in few lines."""

import re
import shutil

import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from vadline.figures import whole_page, write_page
from vadline.pipelines.inspect import nodes

LINES = 60
FIGURES = {"detection", "detection_roc", "segad", "segad_roc", "segad_histograms", "refinement"}
FIGURES |= {"thresholds", "apc_history", "segad_safe_importances"}


@pytest.fixture(scope="module")
def place(finished):
    return finished.path / "results/demo/test"


def test_a_run_s_newest_files_stand_in_one_place(finished, place):
    names = set(finished.results())
    assert {"decisions.csv", "report.html", "inspector.zip", "ingest_report.json"} <= names
    tables = {"detection", "segad", "kinds", "refinement", "thresholds", "defects"}
    tables |= {"wrong_decisions", "stage_profile", "detector_profile"}
    assert {f"tables/{name}.csv" for name in tables} <= names
    assert {f"figures/{name}.html" for name in FIGURES} <= names
    assert {"figures/segments.png", "figures/patchcore_gallery.png"} <= names
    decisions = pd.read_csv(place / "decisions.csv")
    assert set(decisions["image_id"]) == set(finished.load("split")["image_id"])
    rejected = decisions.loc[decisions["decision"] == "reject", "image_id"]
    assert {name for name in names if name.startswith("parts/")} == {
        f"parts/{part}/{name}.png" for part in rejected for name in ("map", "mask", "overlay")
    }
    assert (place / "report.html").read_text() == finished.load("report")


def test_figures_open_without_a_network(place):
    pages = sorted((place / "figures").glob("*.html"))
    assert (place / "figures/plotly.min.js").stat().st_size > 1e6
    for page in pages:
        html = page.read_text()
        sources = re.findall(r"<script[^>]*src=\"([^\"]+)\"", html)
        assert sources == ["plotly.min.js"]
        assert page.stat().st_size < 2e5


def test_mlflow_s_figures_need_no_other_file(finished):
    (run,) = finished.mlflow_runs().to_dict("records")
    pages = sorted(finished.path.glob(f"mlartifacts/{run['run_id']}/artifacts/figures/*.html"))
    assert len(pages) > len(FIGURES)
    for page in pages:
        html = page.read_text()
        assert not re.search(r"<(script|link)[^>]*(src|href)=", html)
        assert "DecompressionStream" in html
        assert page.stat().st_size < 3e6


def test_a_page_s_own_words_end_no_script(tmp_path):
    figure = go.Figure().add_scatter(x=[1], y=[2], name="</script><b>")
    assert whole_page(figure, "x").count("</script>") == 1
    write_page(figure, tmp_path / "deep/a.html")
    assert (tmp_path / "deep/plotly.min.js").is_file()


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
    photographs = sorted((finished.path / "data/01_raw/demo_test/test/bad").glob("*.png"))
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

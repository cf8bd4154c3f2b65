"""What is not there is told once, before any cell runs."""

from __future__ import annotations

import pytest

from vadline.errors import VadlineError
from vadline.sweep import Plan, sweep
from vadline.sweep.needs import require

TWO = {
    "title": "Two that are not there",
    "products": {
        "mvtec": {"env": "mvtec", "categories": ["one", "two"], "needs": "MVTec AD"},
        "mine": {"env": "folder", "params": {"source.root": "parts"}},
        "demo": {"env": "test"},
    },
    "arms": {"k=1": {"split.shots": 1}, "k=10": {"split.shots": 10}},
    "seeds": 3,
}


def never(places, environment):
    raise AssertionError("a cell was run")


def told(plan, project):
    """Return the lines that say what a plan lacks."""
    made = Plan.model_validate(plan)
    with pytest.raises(VadlineError) as caught:
        require(made, project, made.cells())
    return str(caught.value).splitlines()


def test_photographs_that_are_not_there_are_a_line_for_each_product(project):
    with pytest.raises(VadlineError) as caught:
        sweep("two", Plan.model_validate(TWO), project.path, never)
    assert str(caught.value).splitlines() == [
        "mvtec: source.root=data/01_raw/mvtec is not there; it needs MVTec AD",
        "mine: source.root=parts is not there",
    ]
    assert project.mlflow_runs().empty


def test_what_is_done_needs_nothing_any_more(project):
    plan = Plan.model_validate(TWO)
    require(plan, project.path, [cell for cell in plan.cells() if cell.product == "demo"])
    (project.path / "parts/good").mkdir(parents=True)  # relative to the project
    require(plan, project.path, [cell for cell in plan.cells() if cell.product == "mine"])


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"params": {"split.shots": -1}}, "demo: Parameters: split.shots = -1: "),
        ({"params": {"backbone.weights": "no.pth"}}, "demo: Weights file no.pth does not exist"),
        ({"params": {"segad.segments": {"kind": "png", "path": "a.png"}}}, "demo: a.png is not"),
        ({"env": "nowhere"}, "demo: conf/ has no environment nowhere; it needs care"),
        ({"pipeline": "segad_visa"}, "demo: segad_visa.root is not set; it needs care"),
        ({"params": {"source.name": "vad"}}, "demo: source.root is not set; it needs care"),
    ],
)
def test_other_mistakes_are_told_with_what_is_needed(project, settings, line):
    plan = {"title": "x", "products": {"demo": {"needs": "care"}}, **settings}
    (found,) = told(plan, project.path)
    assert found.startswith(line)
    assert found.endswith("; it needs care")


def test_without_its_package_elpv_is_told_of(project, monkeypatch):
    monkeypatch.setattr("vadline.sweep.needs.find_spec", lambda name: None)
    (line,) = told({"title": "x", "env": "elpv", "products": ["elpv"]}, project.path)
    assert line == "elpv: the package elpv-dataset is not there"

"""The joint table as people read it."""

from __future__ import annotations

import pytest
from tests.sweep.test_joint import left

from vadline.errors import VadlineError
from vadline.sweep.facts import Fact
from vadline.sweep.joint import as_long, differences, joint_table
from vadline.sweep.pages import as_latex, as_markdown, draw, grids, put_into, write_pages
from vadline.sweep.plan import Plan

PLAN = Plan.model_validate(
    {
        "title": "Two_products",
        "products": ["a", "b"],
        "arms": {"k=1": {}, "k=10": {"split.shots": 10}},
        "seeds": 2,
        "published": [
            {"source": "Paper 2024", "row": "theirs", "metric": "image_auroc", "value": 97.25},
            {
                "source": "Paper 2024",
                "row": "theirs",
                "metric": "fpr_at_95tpr",
                "value": 8,
                "arm": "k=10",
            },
        ],
    }
)


@pytest.fixture(scope="module")
def long():
    return as_long([(cell, left(cell)) for cell in PLAN.cells()], PLAN)


def test_a_grid_has_rows_and_arms_and_published_figures_beside(long):
    found = grids(joint_table(long), PLAN)
    assert list(found) == [f"{name}: segad, AUROC / FPR@95TPR" for name in ("a", "b", "all")]
    grid = found["all: segad, AUROC / FPR@95TPR"]
    assert list(grid.columns) == ["k=1", "k=10"]
    assert grid.loc["two", "k=1"] == "**80.5 ± 0.7** / **45.0 ± 7.1**"
    assert grid.loc["one", "k=1"] == "70.5 ± 0.7 / 50.0 ± 0.0"
    assert grid.loc["theirs, Paper 2024"].tolist() == ["97.2 / –", "97.2 / 8.0"]
    assert "theirs, Paper 2024" not in found["a: segad, AUROC / FPR@95TPR"].index


def test_of_one_arm_products_stand_side_by_side(long):
    told = {"source": "Paper", "row": "theirs", "metric": "image_auroc"}
    facts = [told | {"product": "b", "value": 66}, told | {"value": 77}]
    plan = PLAN.model_copy(update={"arms": {"": {}}, "published": [Fact(**each) for each in facts]})
    joint = joint_table(as_long([(cell, left(cell)) for cell in plan.cells()], plan))
    (grid,) = grids(joint, plan).values()
    assert list(grid.columns) == ["a", "b", "all"]
    assert grid.loc["segad: one, AUROC / FPR@95TPR", "a"] == "80.5 ± 0.7 / 50.0 ± 0.0"
    theirs = grid.loc["segad: theirs, Paper, AUROC / FPR@95TPR"]
    assert theirs.tolist() == ["– / –", "66.0 / –", "77.0 / –"]
    assert list(draw(joint, plan)) == ["segad image_auroc", "segad fpr_at_95tpr"]
    assert "**Two_products, per cent**" in as_markdown(joint, differences(long), plan)


def test_rates_are_told_in_words(long):
    table = long.assign(row="rate_0.075")
    (grid, *_) = grids(joint_table(table), PLAN).values()
    assert list(grid.index) == ["asked for 7.5 %"]


def test_markdown_tells_differences_too(long):
    text = as_markdown(joint_table(long), differences(long), PLAN)
    assert "| two | **80.5 ± 0.7** / **45.0 ± 7.1** |" in text
    assert "| segad: two, AUROC | +10.0 (+10.0 to +10.0) |" in text


def test_latex_is_escaped(long):
    text = as_latex(joint_table(long), PLAN)
    assert r"\textbf{80.5 $\pm$ 0.7}" in text
    assert "**" not in text
    assert r"\toprule" in text


def test_all_files_are_written(long, tmp_path):
    joint, apart = joint_table(long), differences(long)
    written = write_pages(tmp_path, long, joint, apart, PLAN)
    assert {path.name for path in tmp_path.iterdir()} == set(written)
    assert "<b>80.5 ± 0.7</b>" in written["table.html"].read_text("utf-8")
    assert "all segad image_auroc" in written["figures.html"].read_text("utf-8")


def test_a_page_shows_the_table_between_its_marks(tmp_path):
    page = tmp_path / "results.md"
    page.write_text("# Results\n<!-- sweep boards -->\nold\n<!-- end -->\nrest\n")
    put_into(page, "boards", "new\n")
    assert page.read_text() == "# Results\n<!-- sweep boards -->\nnew\n<!-- end -->\nrest\n"
    with pytest.raises(VadlineError, match="no place for this sweep"):
        put_into(page, "others", "new")

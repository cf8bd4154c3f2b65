"""A plan crosses products, arms and seeds."""

from __future__ import annotations

import pytest
import yaml

from vadline.errors import VadlineError
from vadline.sweep import Plan, read_plan
from vadline.sweep.plan import nested

PLAN = {
    "title": "Two boards",
    "env": "visa",
    "params": {"source.root": "/data/visa", "split.protocol": "supervised"},
    "products": {"visa": {"categories": ["pcb1", "pcb2"]}, "own": {"env": "folder"}},
    "arms": {"k=1": {"split.shots": 1}, "k=10": {"split.shots": 10}},
    "seeds": 3,
}


def test_every_product_meets_every_arm_and_seed():
    cells = Plan.model_validate(PLAN).cells()
    assert len(cells) == 3 * 2 * 3
    assert len({cell.name for cell in cells}) == len(cells)
    first = cells[0]
    assert (first.product, first.arm, first.seed, first.env) == ("visa/pcb1", "k=1", 0, "visa")
    assert first.params == {
        "source": {"root": "/data/visa", "category": "pcb1"},
        "split": {"protocol": "supervised", "shots": 1},
        "seed": 0,
    }
    assert [cell.seed for cell in cells] == sorted(cell.seed for cell in cells)
    assert cells[4].env == "folder"


def test_cells_that_read_the_same_photographs_alike_share_them():
    cells = Plan.model_validate(PLAN).cells()
    of_pcb1 = {cell.reads for cell in cells if cell.product == "visa/pcb1"}
    assert len(of_pcb1) == 1
    larger = Plan.model_validate({**PLAN, "params": {**PLAN["params"], "images.size": 384}})
    assert {cell.reads for cell in larger.cells()}.isdisjoint(cell.reads for cell in cells)


def test_another_parameter_is_another_cell():
    changed = {**PLAN, "params": {**PLAN["params"], "backbone.name": "resnet18"}}
    names = {cell.name for cell in Plan.model_validate(PLAN).cells()}
    assert names.isdisjoint(cell.name for cell in Plan.model_validate(changed).cells())


def test_parameters_are_nested_and_later_ones_win():
    assert nested({"a.b": 1, "a.c": 2, "d": {"e": 3}, "a.b.x": 4}) == {
        "a": {"b": {"x": 4}, "c": 2},
        "d": {"e": 3},
    }


def test_an_arm_changes_no_other_arm():
    given = {"params": {"detectors.cflow": {"lr": 1}}, "products": ["a"]}
    arms = {"few": {"detectors.cflow.layers": [2]}, "all": {}}
    few, all_of_it = Plan.model_validate({"title": "x", **given, "arms": arms}).cells()
    assert few.params["detectors"] == {"cflow": {"lr": 1, "layers": [2]}}
    assert all_of_it.params["detectors"] == {"cflow": {"lr": 1}}


def test_a_plan_is_a_file_or_a_name_in_the_project(tmp_path):
    (tmp_path / "conf/plans").mkdir(parents=True)
    (tmp_path / "conf/plans/boards.yml").write_text(yaml.safe_dump(PLAN))
    name, plan = read_plan("boards", tmp_path)
    assert name == "boards"
    assert read_plan(tmp_path / "conf/plans/boards.yml", tmp_path) == (name, plan)
    with pytest.raises(VadlineError, match=r"no plan bords: .*boards"):
        read_plan("bords", tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seeds": []}, "seeds: "),
        ({"products": {}}, "products: "),
        ({"arm": {}}, "arm: extra inputs"),
        ({"published": [{"source": "x", "row": "y", "metric": "z"}]}, "published.0.value: "),
    ],
)
def test_a_mistake_names_its_key(tmp_path, change, words):
    path = tmp_path / "plan.yml"
    path.write_text(yaml.safe_dump(PLAN | change))
    with pytest.raises(VadlineError, match=words):
        read_plan(path, tmp_path)
    path.write_text("title: [")
    with pytest.raises(VadlineError, match="no YAML"):
        read_plan(path, tmp_path)

"""Published figures may be written as the tables that they come from."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vadline.sweep.joint import as_long, differences, joint_table
from vadline.sweep.pages import as_markdown, draw, grids
from vadline.sweep.plan import Plan

TABLE = {
    "source": "Paper",
    "table": "segad",
    "metrics": ["image_auroc", "fpr_at_95tpr"],
    "rows": {"one": ["88.3 ± 0.3", 60], "two": [90.4, None]},
}


def planned(*published, **more):
    return Plan.model_validate(
        {"title": "x", "products": ["a"], "published": list(published), **more}
    )


def test_a_table_is_as_many_facts_as_it_has_figures():
    single = {"source": "Paper", "row": "x", "metric": "image_auroc", "value": 1}
    found = planned(TABLE, single).published
    told = [(f.row, f.metric, f.value, f.sd, f.table) for f in found]
    assert told == [
        ("one", "image_auroc", 88.3, 0.3, "segad"),
        ("one", "fpr_at_95tpr", 60, None, "segad"),
        ("two", "image_auroc", 90.4, None, "segad"),
        ("x", "image_auroc", 1, None, ""),
    ]


def test_columns_may_be_products_or_arms():
    by_product = {"source": "P", "metric": "iou", "products": ["b", ""], "rows": {"one": [1, 2]}}
    by_arm = {"source": "P", "metric": "iou", "arms": ["k=1"], "rows": {"one": [3]}}
    found = planned(by_product, by_arm).published
    assert [(f.product, f.arm, f.value) for f in found] == [
        ("b", "", 1),
        ("", "", 2),
        ("", "k=1", 3),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": {"one": [1]}}, "one has 1 figures for 2 metrics"),
        ({"arms": ["k=1"]}, "one of metrics, products and arms"),
        ({"rows": {"one": ["88,3", 1]}}, "valid number"),
    ],
)
def test_a_table_that_is_none_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        planned({**TABLE, **change})


def test_a_fact_stands_beside_its_table_and_product_alone():
    left = {
        "detection": [{"row": "one", "image_auroc": 0.9, "fpr_at_95tpr": 0.1}],
        "segad": [{"row": "one", "image_auroc": 0.9, "fpr_at_95tpr": 0.1}],
    }
    tables = {"detection": ["image_auroc"], "segad": ["image_auroc", "fpr_at_95tpr"]}
    products = {"p": {"categories": ["a", "b"]}}
    of_a = {"source": "Own", "row": "a's", "metric": "image_auroc", "value": 5, "product": "p/a"}
    plan = planned(TABLE, of_a, tables=tables, products=products, arms={"k": {}, "l": {}})
    long = as_long([(cell, {"tables": left}) for cell in plan.cells()], plan)
    found = {
        title.partition(",")[0]: grid for title, grid in grids(joint_table(long), plan).items()
    }
    assert found["all: segad"].loc["one, Paper"].tolist() == 2 * ["88.3 ± 0.3 / 60.0"]
    assert list(found["all: detection"].index) == ["one"]
    assert list(found["p/a: segad"].index) == ["one", "a's, Own"]
    assert list(found["p/b: segad"].index) == ["one"]


def test_seconds_are_no_per_cent():
    left = {"f2pad_benchmark_cost": [{"row": "one", "iterations": 200, "seconds": 17.8}]}
    left["f2pad_benchmark_cost"].append({"row": "two", "iterations": 300, "seconds": 8.7})
    plan = planned(tables={"f2pad_benchmark_cost": ["iterations", "seconds"]})
    long = as_long([(plan.cells()[0], {"tables": left})], plan)
    joint = joint_table(long)
    (grid,) = grids(joint, plan).values()
    assert grid[""].tolist() == ["**200.0** / 17.8", "300.0 / **8.7**"]
    assert "per cent" not in as_markdown(joint, differences(long), plan)
    titles = [figure.layout.title.text for figure in draw(joint, plan).values()]
    assert not any("per cent" in title for title in titles)

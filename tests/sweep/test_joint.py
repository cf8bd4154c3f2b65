"""Means, spread and differences, against ten plain lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vadline.sweep.joint import ALL, as_long, differences, joint_table
from vadline.sweep.plan import Plan

PLAN = Plan.model_validate(
    {
        "title": "x",
        "products": ["a", "b"],
        "seeds": 3,
        "tables": {"segad": ["image_auroc", "fpr_at_95tpr"]},
    }
)


def left(cell):
    """Return what a cell has left: two rows whose values tell it apart, and one of nothing."""
    base = {"a": 0.8, "b": 0.6}[cell.product] + 0.01 * cell.seed
    rows = [
        {"row": "one", "image_auroc": base, "fpr_at_95tpr": 0.5},
        {"row": "two", "image_auroc": base + 0.1, "fpr_at_95tpr": 0.4 + 0.1 * cell.seed},
        {"row": "none", "image_auroc": None, "fpr_at_95tpr": None},
    ]
    return {"tables": {"segad": rows, "kinds": [{"row": "one", "image_auroc": 0.1}]}}


@pytest.fixture(scope="module")
def long():
    return as_long([(cell, left(cell)) for cell in PLAN.cells()], PLAN)


def test_a_line_for_every_cell_row_and_metric_that_is_shown(long):
    assert len(long) == 2 * 3 * 2 * 2
    assert set(long["row"]) == {"one", "two"}
    assert set(long["table"]) == {"segad"}


def test_mean_and_spread_are_over_seeds(long):
    table = joint_table(long).set_index(["product", "row", "metric"])
    found = table.loc[("a", "two", "image_auroc")]
    values = [0.9, 0.91, 0.92]
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))
    assert found["seeds"] == 3


def test_over_all_products_each_seed_is_averaged_first(long):
    table = joint_table(long).set_index(["product", "row", "metric"])
    found = table.loc[(ALL, "one", "image_auroc")]
    values = [(0.8 + 0.6) / 2 + 0.01 * seed for seed in range(3)]
    assert (found["mean"], found["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    part = long[~((long["product"] == "b") & (long["seed"] == 2))]  # that cell has failed
    some = joint_table(part).set_index(["product", "row", "metric"])
    assert some.loc[(ALL, "one", "image_auroc"), "seeds"] == 2


def test_the_best_is_the_highest_or_of_false_alarms_the_lowest(long):
    table = joint_table(long).set_index(["product", "metric", "row"])["best"]
    assert table.loc[("a", "image_auroc")].to_dict() == {"one": False, "two": True}
    assert table.loc[("a", "fpr_at_95tpr")].to_dict() == {"one": True, "two": True}  # .5 both


def test_differences_are_cell_by_cell(long):
    table = differences(long).set_index(["row", "metric"])
    exact = table.loc[("two", "image_auroc")]
    assert exact[["difference", "low", "high"]].tolist() == pytest.approx([0.1, 0.1, 0.1])
    assert (exact["against"], exact["cells"]) == ("one", 6)
    rng = np.random.default_rng(0)
    delta = np.array([-0.1, 0.0, 0.1] * 2)
    drawn = [rng.choice(delta, 6).mean() for _ in range(4000)]
    found = table.loc[("two", "fpr_at_95tpr")]
    assert found[["low", "high"]].tolist() == pytest.approx(
        np.percentile(drawn, [2.5, 97.5]).tolist(), abs=0.02
    )
    pd.testing.assert_frame_equal(differences(long), differences(long))  # one seed, one interval
    assert set(differences(long, "two")["row"]) == {"one"}


def test_a_row_of_another_table_will_do(long):
    detector = long[long["row"] == "one"].assign(table="detection", row="patchcore")
    both = pd.concat([detector, long], ignore_index=True)
    table = differences(both, "patchcore").set_index(["table", "row", "metric"])["difference"]
    assert table["segad", "one"].tolist() == pytest.approx([0, 0])
    assert table["segad", "two", "image_auroc"] == pytest.approx(0.1)
    assert "detection" not in table.index.get_level_values("table")  # it has no other row
    assert differences(both, "nobody").empty


def test_rates_that_were_asked_for_are_not_ranked(long):
    assert not joint_table(long.assign(table="thresholds"))["best"].any()


def test_one_cell_has_neither_spread_nor_interval(long):
    one = long[(long["product"] == "a") & (long["seed"] == 0)]
    assert joint_table(one)["sd"].isna().all()
    assert differences(one)[["low", "high"]].isna().all(axis=None)

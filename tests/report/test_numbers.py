import numpy as np
import pandas as pd
import pytest
from tests.report.worlds import decisions

from vadline.report import numbers
from vadline.report.wording import share, summary, unbroken


def test_what_is_missing_is_filled_and_the_highest_scores_come_first():
    table = decisions()[["image_id", "score", "probability", "threshold", "decision", "row"]]
    whole = numbers.completed(table)
    assert whole["score"].is_monotonic_decreasing
    assert set(whole["label"]) == set(whole["path"]) == {""}
    assert whole["unlike_training"].dtype == bool
    odd = table.assign(unlike_training=[True, None] + [False] * (len(table) - 2))
    assert numbers.completed(odd)["unlike_training"].sum() == 1


def test_other_labels_are_no_labels():
    table = decisions().assign(label="unknown")
    assert set(numbers.completed(table)["label"]) == {""}


def test_kinds_are_grouped_and_the_worst_comes_first():
    table = numbers.completed(decisions())
    found = numbers.kinds(table)
    assert {kind["name"] for kind in found} == {"crack", "burn (not in training)"}
    assert numbers.kind_names(table) == ["burn", "crack"]
    assert found[0]["share"] <= found[1]["share"]
    for kind in found:
        mine = table.iloc[kind["rows"]]
        assert (kind["parts"], kind["median"]) == (len(mine), mine["score"].median())
        assert kind["caught"] == (mine["decision"] == "reject").sum()


def test_a_far_score_does_not_squash_the_scale():
    table = decisions()
    table.loc[0, "score"] = 1e6
    low, high = numbers.scale(table, 1.0)
    assert low < table["score"].min()
    assert high < 100
    assert numbers.scale(table.head(0), np.nan) == (0.0, 1.0)
    same = pd.DataFrame({"score": [1.0, 1.0]})
    assert numbers.scale(same, 1.0)[0] < 1 < numbers.scale(same, 1.0)[1]


@pytest.mark.parametrize(
    ("labels", "called", "expected"),
    [
        ("", ["accept"], ["1 part inspected; nobody has labelled them."]),
        (
            ["good", "good", "bad", ""],
            ["reject", "accept", "accept", "accept"],
            [
                "4 parts inspected: 2 good, 1 known bad, 1 without a label.",
                "1 of 2 good parts (50.0 %) is rejected.",
                "0 of 1 bad part (0.0 %) are caught, 1 accepted.",
            ],
        ),
    ],
)
def test_the_summary_in_words(labels, called, expected):
    table = pd.DataFrame({"decision": called})
    assert summary(table.assign(label=labels)) == [unbroken(words) for words in expected]


def test_a_share_of_nothing_is_a_dash():
    assert (share(9, 200), share(0, 0)) == ("4.5\u00a0%", "–")

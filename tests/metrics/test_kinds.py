"""A row per kind of defect."""

import numpy as np
import pandas as pd
import pytest

from vadline.metrics import kinds_table
from vadline.metrics.tables import as_metrics

KINDS = pd.Series(["good"] * 4 + ["crack"] * 2 + ["stain"] * 2 + ["a/b & c"])
BAD = np.arange(9) > 3
SCORES = np.array([0, 1, 2, 3, 4, 1.5, 5, 6, 2.5])
REJECTED = SCORES > 2.2


def test_each_kind_is_held_against_all_goods():
    table = kinds_table(KINDS, BAD, SCORES, REJECTED, {"stain": 3})
    assert table.index.tolist() == ["crack", "a/b & c", "stain", "all kinds", "unseen kinds"]
    assert table.loc["crack", ["image_auroc", "caught", "parts", "learnt_from"]].tolist() == [
        *(pytest.approx((4 + 2) / 8), 0.5),
        *(2, 0),
    ]
    assert table.loc["stain", ["image_auroc", "caught", "learnt_from"]].tolist() == [1, 1, 3]
    assert table.loc["all kinds", "caught"] == pytest.approx(4 / 5)
    assert table.loc["unseen kinds", ["caught", "parts"]].tolist() == [pytest.approx(2 / 3), 3]


def test_where_all_kinds_are_new_or_none_is_they_have_no_row_of_their_own():
    for learnt in ({}, dict.fromkeys(KINDS[BAD], 1)):
        assert "unseen kinds" not in kinds_table(KINDS, BAD, SCORES, REJECTED, learnt).index


def test_without_bad_parts_there_is_nothing_to_tell():
    goods = kinds_table(KINDS[:4], BAD[:4], SCORES[:4], REJECTED[:4], {"stain": 1})
    assert goods.empty
    assert goods.columns.tolist() == ["image_auroc", "caught", "parts", "learnt_from"]


def test_any_kind_can_be_a_metric():
    table = kinds_table(KINDS, BAD, SCORES, REJECTED, {})
    assert "kinds/a_b _ c/caught" in as_metrics("kinds", table)

"""What of a table MLflow gets as metrics, and how it names a runner."""

import numpy as np
import pandas as pd
import pytest

from vadline.config.parsing import parse
from vadline.run import tracking
from vadline.run.tracking import class_of, compared

RATES = (0.01, 0.05, 0.1)


@pytest.mark.parametrize(
    "given",
    [
        "SequentialRunner",
        "<kedro.runner.sequential_runner.SequentialRunner object at 0x7f6861bc8ad0>",
    ],
)
def test_a_runner_is_named_by_its_class(given):
    assert class_of(given) == "SequentialRunner"


def test_of_thresholds_the_one_in_use_is_compared_whatever_its_rate(monkeypatch):
    table = pd.DataFrame(
        {"asked": RATES, "threshold": [3.0, 2.0, 1.0]}, index=[f"rate_{rate:g}" for rate in RATES]
    )
    for rate, threshold in zip(RATES, table["threshold"], strict=True):
        settings = parse({"decide": {"false_reject_rate": rate}})
        monkeypatch.setattr(tracking, "current", lambda settings=settings: settings)
        (kept,) = compared("thresholds", table).itertuples()
        assert kept == ("in_use", rate, threshold)


def test_counts_and_single_kinds_masks_are_in_the_file_alone():
    table = pd.DataFrame(
        {"iou": [0.5, 0.4], "images": [9.0, 4.0]}, index=["patchcore", "patchcore: scratch"]
    )
    kept = compared("refinement", table)
    assert list(kept.index) == ["patchcore"]
    assert list(kept) == ["iou"]


def test_each_kind_s_share_of_parts_caught_is_compared():
    table = pd.DataFrame({"caught": [0.9, np.nan], "parts": [3.0, 0.0]}, index=["dent", "crack"])
    kept = compared("kinds", table)
    assert list(kept.index) == ["dent", "crack"]
    assert list(kept) == ["caught"]

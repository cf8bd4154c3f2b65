"""A row per false-reject rate, with what the counts leave open."""

import numpy as np
import pytest
from scipy.stats import beta

from vadline.calibration import RATES, promise, thresholds_table
from vadline.metrics import as_metrics

GOODS, BADS = np.arange(100.0), np.array([50.0, 98.0, 200.0])
TABLE = thresholds_table(GOODS, BADS, test_goods=[1, 99], test_bads=[150])


def test_there_is_a_row_per_rate_and_it_keeps_its_promise():
    assert list(TABLE.index)[:5] == [
        "rate_0.005",
        "rate_0.01",
        "rate_0.02",
        "rate_0.03",
        "rate_0.05",
    ]
    assert TABLE["asked"].tolist() == list(RATES)
    assert TABLE["promised"].tolist() == [1 / 101, *RATES[1:]]
    assert (TABLE["goods_rejected"] <= TABLE["promised"]).all()
    assert (TABLE["threshold"] == [promise(GOODS, rate).threshold for rate in RATES]).all()
    assert (TABLE.dtypes == np.float64).all()


def test_shares_are_those_above_the_threshold():
    row = TABLE.loc["rate_0.05"]
    assert row["threshold"] == 95
    assert row["goods_rejected"] == 0.04
    assert row["bads_caught"] == pytest.approx(2 / 3)
    assert row["test_goods_rejected"] == 0.5
    assert row["test_bads_caught"] == 1


def test_intervals_are_clopper_and_pearsons():
    row = TABLE.loc["rate_0.05"]
    assert row["bads_caught_low"] == pytest.approx(beta.ppf(0.05, 2, 2))
    assert row["bads_caught_high"] == pytest.approx(beta.ppf(0.95, 3, 1))
    assert (TABLE["goods_rejected_low"] <= TABLE["goods_rejected"]).all()
    assert (TABLE["goods_rejected_high"] >= TABLE["goods_rejected"]).all()


def test_what_is_not_known_is_nan_and_no_metric():
    table = thresholds_table(GOODS, [], rates=[0.1])
    known = {"asked", "threshold", "promised"} | {
        f"goods_rejected{e}" for e in ("", "_low", "_high")
    }
    assert set(table.columns[table.notna().all()]) == known
    assert {name.split("/")[-1] for name in as_metrics("thresholds", table)} == known
    without = thresholds_table([], BADS, rates=[0.1]).loc["rate_0.1"]
    assert without["promised"] == 1
    assert without.drop(["asked", "promised"]).isna().all()

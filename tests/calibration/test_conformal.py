"""Thresholds promise what good parts can vouch for, and no more."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.calibration import conformal_rank, promise
from vadline.errors import VadlineError

scores = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60)
rates = st.floats(0.001, 0.999)


@given(scores, rates)
def test_each_of_n_plus_1_parts_as_the_new_one_is_rejected_at_most_as_promised(parts, rate):
    """Exchangeability spelt out: leave each out in turn, and ask the others."""
    rejected = [
        part > promise(parts[:i] + parts[i + 1 :], rate).threshold for i, part in enumerate(parts)
    ]
    assert np.mean(rejected) <= promise(parts[1:], rate).promised + 1e-9


@given(scores, rates)
def test_the_threshold_is_the_kth_smallest(goods, rate):
    n = len(goods)
    k = math.ceil(round((n + 1) * (1 - rate), 9))
    assert promise(goods, rate).threshold == sorted(goods)[min(k, n) - 1]


@pytest.mark.parametrize("rate", [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 1 - 0.95])
def test_rounding_costs_no_part(rate):
    n = round(1 / rate) - 1 if 1 / rate == pytest.approx(round(1 / rate)) else int(1 / rate)
    assert promise(np.arange(n), rate).kept
    assert not promise(np.arange(n - 1), rate).kept
    assert promise(np.arange(n), rate).goods_needed == n
    assert promise(np.arange(n), rate).threshold == n - 1


def test_nineteen_parts_promise_five_per_cent_and_say_so():
    assert promise(np.arange(19), 0.05).threshold == 18
    assert promise(np.arange(39), 0.05).threshold == 37
    assert promise(np.arange(19), 0.05).in_words() == (
        "With 19 good parts a false-reject rate of at most 5.0 % can be promised."
    )


def test_five_parts_cannot_and_no_part_promises_nothing():
    few = promise([3, 1, 5, 2, 4], 0.05)
    assert (few.threshold, few.promised, few.kept) == (5, 1 / 6, False)
    assert few.in_words() == (
        "With 5 good parts no false-reject rate below 16.7 % can be promised; 5.0 % takes 19."
    )
    none = promise([], 0.005)
    assert math.isnan(none.threshold)
    assert (none.promised, none.goods_needed, none.kept) == (1.0, 199, False)
    assert none.in_words() == (
        "Without good parts no false-reject rate can be promised; 0.5 % takes 199."
    )


@pytest.mark.parametrize("rate", [0.0, 1.0, 5.0])
def test_a_rate_is_a_share(rate):
    with pytest.raises(VadlineError, match="between 0 and 1"):
        promise([1.0], rate)


def test_a_part_without_a_score_is_no_good_part():
    with pytest.raises(VadlineError, match="leave out"):
        promise([1.0, math.nan], 0.05)


@given(scores, st.lists(st.floats(-1e3, 1e3), max_size=60))
def test_ranks_keep_the_order_and_stay_inside(values, goods):
    ranks = conformal_rank(values, goods)
    assert ((ranks > 0) & (ranks < 1)).all()
    assert (np.diff(ranks[np.argsort(values, kind="stable")]) >= 0).all()


def test_a_rank_is_the_share_of_good_parts_below():
    assert conformal_rank([0.0, 2.5, 9.0], [1, 2, 3, 4]).tolist() == [0.1, 0.5, 0.9]
    assert np.isnan(conformal_rank([math.nan], [1.0])).all()

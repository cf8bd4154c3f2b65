"""Draws that are uniform over kinds."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.splits.draws import evenly, order_uniformly_over_kinds, share_of


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from("abcd"), max_size=30), st.integers(0, 99))
def test_draws_are_as_even_over_kinds_as_can_be(kinds, seed):
    order = order_uniformly_over_kinds(kinds, np.random.default_rng(seed))
    assert sorted(order) == list(range(len(kinds)))
    total = Counter(kinds)
    for k in range(len(kinds) + 1):
        drawn = Counter(kinds[i] for i in order[:k])
        open_kinds = [drawn[kind] for kind in total if drawn[kind] < total[kind]]
        if open_kinds:  # no kind is drawn twice more often than one that still has samples
            assert max(drawn.values(), default=0) - min(open_kinds) <= 1


def test_a_share_of_something_is_something_and_no_more_than_all():
    assert [share_of(n, 0.1) for n in (0, 1, 9, 26, 1000)] == [0, 1, 1, 3, 100]
    assert share_of(5, 0) == 0
    assert share_of(5, 1) == 5


def test_rows_are_chosen_evenly_from_the_first_to_the_last():
    rows = np.arange(10, 31)
    assert evenly(rows, 5).tolist() == [10, 15, 20, 25, 30]
    assert evenly(rows, 100).tolist() == rows.tolist()
    assert evenly(rows[:0], 5).tolist() == []

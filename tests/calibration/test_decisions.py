"""One part, one score, one decision, and what it promises in words."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.calibration import Calibration, calibrate, in_words, promise

GOODS = np.arange(39.0)


@given(st.lists(st.floats(-50, 100), max_size=12), st.sampled_from([None, 0.2]))
def test_what_is_read_again_decides_alike(bads, review):
    learnt = calibrate(GOODS, bads, 0.05, review, 0.5)
    again = Calibration.from_dict(json.loads(json.dumps(learnt.to_dict())))
    scores = np.linspace(-10, 110, 50)
    assert learnt.decide(scores).equals(again.decide(scores))


def test_between_the_thresholds_a_part_is_for_review():
    table = calibrate(GOODS, [], 0.05, 0.25, 0.5).decide([10.0, 32.0, 40.0, np.nan])
    assert table["decision"].tolist() == ["accept", "review", "reject", "undecided"]
    assert calibrate(GOODS, [], 0.05, None, 0.5).decide([32.0])["decision"].tolist() == ["accept"]


def test_the_probability_is_of_being_bad_and_without_bads_a_rank():
    known = calibrate(GOODS, [50.0, 60.0, 70.0], 0.05, None, 0.5).decide([0.0, 80.0])
    assert known["probability"].iloc[0] < 0.1 < 0.7 < known["probability"].iloc[1]
    for no_telling in ([], [1.0]):
        rank = calibrate(GOODS, no_telling, 0.05, None, 0.5).decide([-1.0, 19.5, 80.0])
        assert rank["probability"].tolist() == pytest.approx([0.5 / 40, 20.5 / 40, 39.5 / 40])


def test_parts_without_a_score_are_left_out():
    scores = np.r_[GOODS, np.nan]
    assert calibrate(scores, [np.nan], 0.05, None, 0.5).reject == promise(GOODS, 0.05)


def test_the_promise_is_told_with_what_it_catches():
    few = calibrate(GOODS[:5], [], 0.05, None, 0.5)
    assert "16.7 %" in in_words(few, [])
    assert "takes 19" in in_words(few, [])
    enough = calibrate(GOODS, [50.0, 60.0, 1.0], 0.05, None, 0.5)
    assert "2 of 3 known bad parts are caught" in in_words(enough, [50.0, 60.0, 1.0])
    assert "1 of 1 known bad part is caught" in in_words(enough, [50.0])
    assert few.decide([99.0])["promised"].tolist() == pytest.approx([1 / 6])

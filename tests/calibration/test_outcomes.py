import math

import pytest

from vadline.calibration import outcomes
from vadline.errors import VadlineError


def test_a_threshold_itself_is_not_exceeded():
    decided = outcomes([1, 2, 3, 4, 5, math.nan], reject=4, review=2)
    assert decided.tolist() == ["accept", "accept", "review", "review", "reject", "undecided"]


def test_without_review_a_part_is_accepted_or_rejected():
    assert outcomes([4, 5], 4).tolist() == ["accept", "reject"]
    assert outcomes([], 4).tolist() == []


@pytest.mark.parametrize("review", [None, 2.0, math.nan])
def test_without_a_threshold_nothing_is_decided(review):
    assert outcomes([1, 9], math.nan, review).tolist() == ["undecided"] * 2


def test_review_comes_before_rejection():
    with pytest.raises(VadlineError, match="larger false-reject rate"):
        outcomes([1], reject=2, review=3)

"""Two stores that read as one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.images.joined import Joined

FIRST = np.arange(12, dtype=np.uint8).reshape(4, 3)
SECOND = np.arange(100, 106, dtype=np.uint8).reshape(2, 3)
BOTH = np.concatenate([FIRST, SECOND])


@given(st.lists(st.integers(0, 5)))
def test_rows_are_those_of_the_concatenation(rows):
    joined = Joined([FIRST, SECOND])
    assert (joined.shape, joined.dtype, len(joined)) == (BOTH.shape, BOTH.dtype, 6)
    np.testing.assert_array_equal(joined[np.array(rows, np.int64)], BOTH[rows])


def test_single_rows_and_slices_read_as_arrays_do():
    joined = Joined([FIRST, SECOND[:0], SECOND])
    for row in range(6):
        np.testing.assert_array_equal(joined[row], BOTH[row])
    np.testing.assert_array_equal(joined[2:5], BOTH[2:5])
    np.testing.assert_array_equal(joined[:], BOTH)


@pytest.mark.parametrize("row", [-1, 6])
def test_rows_that_are_not_there_are_refused(row):
    with pytest.raises(IndexError, match="of 6"):
        Joined([FIRST, SECOND])[row]

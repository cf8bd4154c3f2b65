"""Levels mean strides in a pyramid and depth in a vision transformer."""

import pytest

from vadline.backbones.levels import is_flat, level_indices
from vadline.errors import VadlineError


@pytest.mark.parametrize(
    ("strides", "layers", "expected"),
    [
        ((2, 4, 8, 16, 32), (2, 3), (2, 3)),
        ((4, 8, 16, 32), (2, 3), (1, 2)),
        ((1, 2, 4, 8, 16, 32), (0, 4), (1, 5)),
        ((8, 16, 16, 16), (2, 3), (0, 3)),
        ((14,) * 12, (0, 1, 2, 3, 4), (1, 3, 6, 8, 11)),
        ((16,) * 24, (2, 3, 4), (13, 18, 23)),
        ((16,) * 5, (0, 1, 2, 3, 4), (0, 1, 2, 3, 4)),
    ],
)
def test_levels_find_their_maps(strides, layers, expected):
    assert level_indices("net", strides, layers) == expected


@pytest.mark.parametrize(
    ("strides", "layers", "word"),
    [
        ((4, 8, 16, 32), (0, 1), r"\[1, 2, 3, 4\]"),
        ((14,) * 12, (5,), r"\[0, 1, 2, 3, 4\]"),
        ((2, 4, 8), (2, 1), "ascending"),
        ((2, 4, 8), (-1,), "ascending"),
        ((2, 4, 8), (), "ascending"),
        ((7, 14), (2, 3), "no feature map"),
    ],
)
def test_levels_that_are_not_there_end_in_one_line(strides, layers, word):
    with pytest.raises(VadlineError, match=word) as caught:
        level_indices("net", strides, layers)
    assert "'net'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_a_network_of_one_stride_is_flat():
    assert is_flat((16, 16, 16))
    assert not is_flat((8, 16, 16))
    assert not is_flat((16,))

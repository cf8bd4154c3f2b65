"""Masks at a photograph's own size, and their defects."""

import numpy as np

from vadline.inspection.result import at_own_size, find_defects


def test_a_mask_grows_with_its_photograph():
    mask = np.zeros((4, 4), np.uint8)
    mask[1, 2] = 1
    grown = at_own_size(mask, (8, 12))
    assert grown.shape == (12, 8)
    assert np.argwhere(grown).min(axis=0).tolist() == [3, 4]
    assert grown.sum() == 6


def test_defects_are_connected_and_the_largest_comes_first():
    mask = np.zeros((10, 20), np.uint8)
    mask[0, 0] = 1
    mask[4:7, 10:15] = 1
    mask[7, 15] = 1  # at a corner of the other
    large, small = find_defects(mask)
    assert (large.box, large.area) == ((10, 4, 16, 8), 16)
    assert (small.box, small.area) == ((0, 0, 1, 1), 1)
    assert find_defects(np.zeros((3, 3), np.uint8)) == ()


def test_where_a_pixel_s_side_is_known_defects_are_measured_in_millimetres():
    mask = np.zeros((10, 20), np.uint8)
    mask[2:6, 3:13] = 1
    (measured,), (plain,) = find_defects(mask, 0.5), find_defects(mask)
    assert (measured.box, measured.area) == (plain.box, plain.area) == ((3, 2, 13, 6), 40)
    assert (measured.area_mm2, measured.size_mm) == (10.0, (5.0, 2.0))
    assert (plain.area_mm2, plain.size_mm) == (None, None)

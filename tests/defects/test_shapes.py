import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.defects.shapes import drawn_shapes, known_shapes, place_shape

EVERYWHERE = np.ones((48, 64), bool)
REGION = np.zeros((48, 64), bool)
REGION[4:30, 20:60] = True


def _masks():
    masks = np.zeros((2, 40, 40), dtype=np.uint8)
    masks[0, 5:20, 8:14] = 1
    masks[0, 30:33, 30:32] = 1  # a speck
    masks[1, 10:20, 10:20] = np.triu(np.ones((10, 10)))
    masks[1, 25:35, 25:35] = 1
    return masks


def test_each_connected_region_is_a_shape_and_specks_are_none():
    shapes = known_shapes(_masks())
    assert sorted(shape.shape for shape in shapes) == [(10, 10), (10, 10), (15, 6)]
    assert known_shapes(np.zeros((2, 8, 8), np.uint8)) == []


def test_drawn_shapes_are_of_one_piece_and_differ():
    shapes = drawn_shapes(np.random.default_rng(0), 6, side=32)
    assert all(shape.any() and max(shape.shape) <= 32 for shape in shapes)
    assert len({shape.tobytes() for shape in shapes}) == 6


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 0.13), whole=st.booleans())
def test_a_shape_has_the_size_asked_for_and_lies_in_the_region(seed, share, whole):
    rng, roi = np.random.default_rng(seed), EVERYWHERE if whole else REGION
    mask = place_shape(known_shapes(_masks()), share, roi, rng)
    assert not mask[~roi].any()
    assert mask[roi].mean() == pytest.approx(share, rel=0.25)


def test_a_shape_that_cannot_fit_is_cut():
    line = [np.ones((1, 40), bool)]
    mask = place_shape(line, 0.5, EVERYWHERE, np.random.default_rng(0))
    assert 0.05 < mask.mean() <= 0.5
    point = np.zeros((48, 64), bool)
    point[5, 5] = True
    assert place_shape(line, 0.5, point, np.random.default_rng(0)).sum() == 1

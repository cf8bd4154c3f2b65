"""One function places all defects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.defects.placing import bounding_box, flip_at_random, pick_pixel, place

SIDES = (12, 17)
side = st.integers(0, 10_000)


def drawn_box(seed):
    rng = np.random.default_rng(seed)
    lengths = [int(rng.integers(1, side + 1)) for side in SIDES]
    start = [int(rng.integers(side - n + 1)) for side, n in zip(SIDES, lengths, strict=True)]
    region = rng.random(SIDES) < 0.05
    region[tuple(rng.integers(0, SIDES))] = True
    return lengths, start, region, rng


def ends(box):
    return [part.stop - part.start for part in box]


@given(seed=side, shift=st.floats(0, 1), within=st.booleans(), own=st.booleans())
def test_a_box_keeps_its_size_and_lies_in_the_image(seed, shift, within, own):
    lengths, start, region, rng = drawn_box(seed)
    box = place(
        lengths, SIDES, rng, region if within else None, start=start if own else None, shift=shift
    )
    assert ends(box) == lengths
    for part, length in zip(box, SIDES, strict=True):
        assert 0 <= part.start <= part.stop <= length


@given(seed=side)
def test_without_a_shift_a_box_stays_and_with_all_of_it_goes_anywhere(seed):
    lengths, start, region, rng = drawn_box(seed)
    for some in (None, region):
        box = place(lengths, SIDES, rng, some, start=start, shift=0)
        assert [part.start for part in box] == start
    free, full = (np.random.default_rng(seed) for _ in range(2))
    assert place(lengths, SIDES, free) == place(lengths, SIDES, full, start=start, shift=1)


@given(seed=side)
def test_a_box_lies_over_the_region_where_its_limits_allow_it(seed):
    _, _, region, rng = drawn_box(seed)
    assert region[place((1, 1), SIDES, rng, region)].all()
    assert region[place((3, 3), SIDES, rng, region)].any()
    # Far from the region it comes as near as it may.
    alone = np.zeros(SIDES, bool)
    alone[-1, -1] = True
    box = place((1, 1), SIDES, rng, alone, start=(0, 0), shift=0.5)
    assert [part.start for part in box] == [6, 8]


def test_every_place_is_as_likely_as_any_other():
    rng = np.random.default_rng(0)
    counts = np.zeros((11, 15))
    for _ in range(8000):
        counts[tuple(part.start for part in place((2, 3), SIDES, rng))] += 1
    assert counts.min() > 0.5 * 8000 / counts.size


@pytest.mark.parametrize("high", [40, 2**40])
def test_bounds_together_draw_what_bounds_apart_do(high):
    """Makers of old drew rows and columns apart: their defects stay as they are."""
    for seed in range(50):
        together, apart = (np.random.default_rng(seed) for _ in range(2))
        tops = np.random.default_rng(seed + 1000).integers(1, high, 2)
        assert together.integers(0, tops).tolist() == [int(apart.integers(top)) for top in tops]
        assert together.bit_generator.state == apart.bit_generator.state


@given(seed=side)
def test_pixels_come_from_the_region_and_boxes_fit_tightly(seed):
    _, _, region, rng = drawn_box(seed)
    assert region[tuple(pick_pixel(region, rng))]
    box = bounding_box(region)
    assert region[box].sum() == region.sum()
    for axis in (0, 1):
        lines = region[box].any(axis=1 - axis)
        assert lines[0]
        assert lines[-1]


def test_flips_keep_arrays_together_and_come_in_all_four():
    rng = np.random.default_rng(0)
    shape = np.arange(6).reshape(2, 3)
    pixels = np.repeat(shape[..., None], 3, axis=2)
    seen = set()
    for _ in range(40):
        flipped, too = flip_at_random(rng, shape, pixels)
        np.testing.assert_array_equal(too[..., 0], flipped)
        seen.add(flipped.tobytes())
    assert len(seen) == 4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from vadline.defects.benchmark import paste_shape
from vadline.defects.params import PASTES, BenchmarkParams

EVERYWHERE = np.ones((32, 40), bool)
MASK = np.zeros((32, 40), np.uint8)
MASK[8:20, 10:22] = np.triu(np.ones((12, 12)))


def _world(grey=False):
    rng = np.random.default_rng(0)
    goods = rng.integers(100, 140, size=(2, 32, 40, 3), dtype=np.uint8)
    return np.repeat(goods[..., :1], 3, axis=-1) if grey else goods


def _pasted(paste, seed, grey=False, params=None):
    good, donor = _world(grey)
    rng = np.random.default_rng(seed)
    made = paste_shape(good, donor, MASK, paste, EVERYWHERE, params or BenchmarkParams(), rng)
    return good.astype(float), made.astype(float)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), grey=st.booleans(), paste=st.sampled_from(PASTES))
def test_masks_are_exact(seed, grey, paste):
    good, made = _pasted(paste, seed, grey)
    changed, inside = (made != good).any(axis=-1), MASK > 0
    assert not changed[~inside].any()
    assert changed[inside].all() if paste != "textured" else changed[inside].mean() >= 0.9
    assert not grey or (made == made[..., :1]).all()


def test_photographs_are_grey_that_are_so_inside_of_the_region():
    good, roi = _world(grey=True)[0], EVERYWHERE.copy()
    roi[0] = False
    good[0] = (124, 116, 104)  # blanked
    rng = np.random.default_rng(0)
    made = paste_shape(good, good, MASK, "colour", roi, BenchmarkParams(), rng)
    assert (made[1:] == made[1:, :, :1]).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), grey=st.booleans())
def test_one_colour_is_far_from_all_that_it_covers_and_a_near_one_is_not(seed, grey):
    inside = MASK > 0
    good, made = _pasted("colour", seed, grey)
    assert len(np.unique(made[inside], axis=0)) == 1
    assert np.linalg.norm(made - good, axis=-1)[inside].min() >= 60
    good, made = _pasted("near", seed, grey)
    shifts = np.linalg.norm(made - good, axis=-1)[inside]
    assert shifts.min() >= 14
    assert shifts.max() <= 62
    assert len(np.unique(made[inside], axis=0)) > 1  # the texture shows


def test_a_textured_one_shows_another_part():
    good, made = _pasted("textured", 0)
    inside = MASK > 0
    offset = (made - good)[inside]
    assert offset.std(axis=0).min() > 8  # a shift alone has none


def test_where_no_colour_is_far_the_farthest_is_taken():
    good = np.repeat(np.linspace(0, 255, 40).astype(np.uint8)[None, :, None], 32, axis=0)
    good = np.repeat(good, 3, axis=-1)
    whole = np.ones((32, 40), np.uint8)
    rng = np.random.default_rng(0)
    made = paste_shape(good, good, whole, "colour", EVERYWHERE, BenchmarkParams(), rng)
    assert len(np.unique(made)) == 1


def test_depends_on_the_seed_alone():
    for paste in PASTES:
        one, two, other = (_pasted(paste, seed)[1] for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, two)
        assert (one != other).any()


@pytest.mark.parametrize("sizes", [(0.1,), (0.1, 0.1), (0.0, 0.1), (0.1, 2.0)])
def test_sizes_ascend(sizes):
    with pytest.raises(ValidationError):
        BenchmarkParams(sizes=sizes)

"""Pseudo anomalies change what their masks say, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.defects.pseudo_anomalies import (
    noise_spots,
    paste_defect,
    paste_rectangle,
    paste_texture,
)

SIZE = 40


def world(seed):
    rng = np.random.default_rng(seed)
    good, source = rng.integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    roi = np.zeros((SIZE, SIZE), bool)
    top, left = rng.integers(0, SIZE - 6, 2)
    roi[top : top + rng.integers(1, 12), left : left + rng.integers(1, 12)] = True
    return good, source, roi, rng


def defect_mask(rng):
    mask = np.zeros((SIZE, SIZE), np.uint8)
    top, left = rng.integers(0, SIZE - 8, 2)
    mask[top : top + 8, left : left + 3] = 1
    mask[top : top + 2, left : left + 8] = 1
    return mask


PASTE = {
    "rectangle": lambda good, source, rng, roi: paste_rectangle(good, source, rng, roi),
    "texture": lambda good, source, rng, roi: paste_texture(good, source, rng, roi),
    "defect": lambda good, source, rng, roi: paste_defect(good, source, defect_mask(rng), rng, roi),
}


@pytest.mark.parametrize("paste", PASTE.values(), ids=PASTE.keys())
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), everything=st.booleans())
def test_the_mask_marks_exactly_the_changed_pixels(paste, seed, everything):
    good, source, roi, rng = world(seed)
    before = good.copy()
    roi = None if everything else roi
    image, mask = paste(good, source, rng, roi)
    np.testing.assert_array_equal(mask, (image != good).any(axis=-1))
    assert mask.any()
    assert roi is None or not mask[~roi].any()
    assert image.dtype == mask.dtype == np.uint8
    np.testing.assert_array_equal(good, before)


@pytest.mark.parametrize("paste", PASTE.values(), ids=PASTE.keys())
def test_images_without_a_pattern_are_changed_too(paste):
    black = np.zeros((SIZE, SIZE, 3), np.uint8)
    for seed in range(20):
        image, mask = paste(black, black, np.random.default_rng(seed), None)
        assert mask.any()
        np.testing.assert_array_equal(mask, image.any(axis=-1))


@pytest.mark.parametrize("paste", PASTE.values(), ids=PASTE.keys())
def test_one_seed_gives_one_image(paste):
    good, source, roi, _ = world(3)
    one, again, other = (paste(good, source, np.random.default_rng(s), roi)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_a_defect_keeps_its_shape_up_to_flips_and_its_colours_without_a_shift():
    good = np.zeros((SIZE, SIZE, 3), np.uint8)
    rng = np.random.default_rng(0)
    mask = defect_mask(rng)
    bad = np.where(mask[..., None], rng.integers(1, 256, (SIZE, SIZE, 3)), 7).astype(np.uint8)
    image, pasted = paste_defect(good, bad, mask, rng, shift=0)
    assert pasted.sum() == mask.sum()
    colours = {tuple(pixel) for pixel in bad[mask == 1]}
    assert {tuple(pixel) for pixel in image[pasted == 1]} == colours


def test_a_defect_without_pixels_cannot_be_pasted():
    good, source, _, rng = world(0)
    with pytest.raises(ValueError, match="at least one defect pixel"):
        paste_defect(good, source, np.zeros((SIZE, SIZE), np.uint8), rng)


def test_a_defect_is_cut_inside_of_the_region_alone():
    good = np.zeros((SIZE, SIZE, 3), np.uint8)
    bad = np.full((SIZE, SIZE, 3), 200, np.uint8)
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, :20] = True
    bad[~roi] = 90
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[10:14, 16:24] = 1
    for seed in range(20):
        rng = np.random.default_rng(seed)
        image, pasted = paste_defect(good, bad, mask, rng, roi, shift=0)
        assert (image[pasted == 1] == 200).all()
        assert 1 <= pasted.sum() <= 16


def test_a_rectangle_is_as_large_as_asked():
    good, source, _, rng = world(1)
    for _ in range(20):
        mask = paste_rectangle(good, source, rng, area=(0.1, 0.1), aspect=2)[1]
        height, width = (np.ptp(np.flatnonzero(mask.any(axis=axis))) + 1 for axis in (1, 0))
        assert height * width == pytest.approx(0.1 * SIZE**2, rel=0.15)
        assert 1 / 2.4 < height / width < 2.4


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.001, 0.5))
def test_spots_cover_the_share_of_the_region(seed, share):
    roi = world(seed)[2]
    rng = np.random.default_rng(seed)
    spots = noise_spots(roi.shape, share, rng, roi)
    assert not spots[~roi].any()
    assert spots.sum() == max(1, round(share * roi.sum()))

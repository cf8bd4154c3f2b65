from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.defects.cut_paste import change_saturation, cut_paste

SHAPE = (20, 30)
VARIED = {"saturation": (0.5, 1.5), "flip": True, "shift": 1.0}


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.random.Generator]:
    """A dark normal image, a bright anomalous one, and an irregular mask."""
    rng = np.random.default_rng(seed)
    normal = rng.integers(0, 100, (*SHAPE, 3), dtype=np.uint8)
    anomalous = rng.integers(150, 256, (*SHAPE, 3), dtype=np.uint8)
    top, left = rng.integers(0, SHAPE[0]), rng.integers(0, SHAPE[1])
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[top : top + 8, left : left + 9] = (
        rng.random((8, 9))[: SHAPE[0] - top, : SHAPE[1] - left] > 0.4
    )
    mask[top, left] = 1
    return normal, anomalous, mask, rng


@given(seed=st.integers(0, 10_000), flip=st.booleans(), shift=st.floats(0, 1))
def test_exactly_the_new_masks_pixels_change(seed, flip, shift):
    normal, anomalous, mask, rng = world(seed)
    before = normal.copy()
    image, pasted = cut_paste(
        normal, anomalous, mask, rng, saturation=(1, 1), flip=flip, shift=shift
    )
    assert np.array_equal(normal, before)
    # Every pixel of the anomalous image is brighter than any of the normal one's.
    assert np.array_equal((image != normal).any(axis=2), pasted == 1)
    assert pasted.sum() == mask.sum()
    assert pasted.dtype == mask.dtype == np.uint8
    assert sorted(image[pasted == 1].tolist()) == sorted(anomalous[mask == 1].tolist())


@given(seed=st.integers(0, 10_000))
def test_without_shift_and_flip_the_defect_stays_in_its_place(seed):
    normal, anomalous, mask, rng = world(seed)
    image, pasted = cut_paste(normal, anomalous, mask, rng, saturation=(1, 1), flip=False, shift=0)
    assert np.array_equal(pasted, mask)
    assert np.array_equal(image, np.where(mask[..., None] == 1, anomalous, normal))


def test_with_full_shift_a_defect_reaches_every_place():
    normal, anomalous, _, rng = world(0)
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[3:5, 7:10] = 1
    corners = set()
    for _ in range(4000):
        _, pasted = cut_paste(normal, anomalous, mask, rng, **VARIED)
        corners.add(tuple(np.argwhere(pasted)[0]))
    assert len(corners) == (SHAPE[0] - 1) * (SHAPE[1] - 2)


def test_saturation_fades_to_grey_and_keeps_greys():
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (50, 3), dtype=np.uint8)
    grey = change_saturation(colours, 0.0)
    assert (np.ptp(grey.astype(int), axis=1) == 0).all()
    assert np.array_equal(change_saturation(colours, 1.0), colours)
    assert np.array_equal(change_saturation(grey, 1.7), grey)
    half = np.ptp(change_saturation(colours, 0.5).astype(int), axis=1)
    assert np.allclose(half, np.ptp(colours.astype(int), axis=1) / 2, atol=1.01)


def test_saturation_is_varied():
    normal, anomalous, mask, rng = world(1)
    still = {**VARIED, "flip": False, "shift": 0}
    drawn = [cut_paste(normal, anomalous, mask, rng, **still)[0] for _ in range(3)]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[1], drawn[2])


@given(seed=st.integers(0, 10_000), flip=st.booleans(), shift=st.floats(0, 1))
def test_outside_of_the_region_nothing_is_cut_or_pasted(seed, flip, shift):
    normal, anomalous, mask, rng = world(seed)
    roi = np.zeros(SHAPE, bool)
    top, left = np.argwhere(mask)[rng.integers(mask.sum())]
    roi[max(0, top - rng.integers(5)) : top + 3, left : left + rng.integers(1, 9)] = True
    settings = {"saturation": (0.5, 1.5), "flip": flip, "shift": shift}
    image, pasted = cut_paste(normal, anomalous, mask, np.random.default_rng(seed), roi, **settings)
    assert 1 <= pasted.sum() <= (mask & roi).sum()
    assert not pasted[~roi].any()
    assert np.array_equal(image[pasted == 0], normal[pasted == 0])
    # Whatever stands outside, in either image or in the mask, the result inside is the same.
    noise = rng.integers(0, 256, (2, *SHAPE, 3), dtype=np.uint8)
    normal, anomalous = (
        np.where(roi[..., None], a, b) for a, b in zip((normal, anomalous), noise, strict=True)
    )
    mask = np.where(roi, mask, rng.integers(0, 2, SHAPE, dtype=np.uint8))
    again, repasted = cut_paste(
        normal, anomalous, mask, np.random.default_rng(seed), roi, **settings
    )
    assert np.array_equal(repasted, pasted)
    assert np.array_equal(again[roi], image[roi])


def test_with_full_shift_a_defect_reaches_the_whole_region():
    normal, anomalous, _, rng = world(0)
    mask, roi = np.zeros(SHAPE, dtype=np.uint8), np.zeros(SHAPE, bool)
    roi[2:9, 4:11] = True
    mask[3:5, 7:10] = 1
    reached = sum(cut_paste(normal, anomalous, mask, rng, roi, **VARIED)[1] for _ in range(400))
    assert np.array_equal(reached > 0, roi)


def test_a_mask_without_a_pixel_inside_is_refused():
    normal, anomalous, mask, rng = world(0)
    with pytest.raises(ValueError, match="in the region"):
        cut_paste(normal, anomalous, mask, rng, mask == 0, **VARIED)


def test_an_empty_mask_is_refused():
    normal, anomalous, mask, rng = world(0)
    with pytest.raises(ValueError, match="defect pixel"):
        cut_paste(normal, anomalous, np.zeros_like(mask), rng, **VARIED)

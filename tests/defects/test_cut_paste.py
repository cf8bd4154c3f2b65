from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.defects.cut_paste import change_saturation, cut_paste

SHAPE = (20, 30)


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
        _, pasted = cut_paste(normal, anomalous, mask, rng)
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
    drawn = [cut_paste(normal, anomalous, mask, rng, flip=False, shift=0)[0] for _ in range(3)]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[1], drawn[2])


def test_an_empty_mask_is_refused():
    normal, anomalous, mask, rng = world(0)
    with pytest.raises(ValueError, match="defect pixel"):
        cut_paste(normal, anomalous, np.zeros_like(mask), rng)

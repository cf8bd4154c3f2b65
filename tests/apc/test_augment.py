from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vadline.apc.augment import augment

VARIED = {"flips": True, "jitter": 0.1}


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """A mid-grey image with a white defect, and its mask."""
    rng = np.random.default_rng(seed)
    image = rng.integers(80, 140, (12, 16, 3), dtype=np.uint8)
    mask = (rng.random((12, 16)) > 0.8).astype(np.uint8)
    image[mask == 1] = 230
    return image, mask, rng


@given(seed=st.integers(0, 10_000))
def test_the_mask_follows_the_image(seed):
    image, mask, rng = world(seed)
    varied, moved, _ = augment(image, mask, rng, **VARIED)
    assert varied.dtype == np.uint8
    assert np.array_equal(varied.min(axis=2) > varied.max(axis=2)[moved == 0].max(), moved == 1)


@given(seed=st.integers(0, 10_000))
def test_jitter_changes_pixels_by_no_more_than_it_says(seed):
    image, mask, rng = world(seed)
    varied, same, _ = augment(image, mask, rng, flips=False, jitter=0.1)
    assert np.array_equal(same, mask)
    mean = image.mean()
    bound = 0.1 * image + 1.1 * 0.1 * np.abs(image - mean) + 0.5 + 1e-9
    assert (np.abs(varied.astype(float) - image) <= bound).all()


def test_every_flip_occurs_and_nothing_else_does_without_jitter():
    image, mask, rng = world(0)
    wanted = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
    seen = {
        next(i for i, flipped in enumerate(wanted) if np.array_equal(flipped, varied))
        for varied, *_ in (augment(image, mask, rng, flips=True, jitter=0) for _ in range(100))
    }
    assert seen == {0, 1, 2, 3}


@given(seed=st.integers(0, 10_000))
def test_the_region_follows_too_and_outside_nothing_is_varied_or_looked_at(seed):
    image, mask, rng = world(seed)
    roi = rng.random(mask.shape) < 0.6
    roi[0, 0] = True
    image = np.where(roi[..., None], image, 7).astype(np.uint8)
    other = np.where(roi[..., None], image, 250).astype(np.uint8)
    varied, moved, region = augment(image, mask, np.random.default_rng(seed), roi, **VARIED)
    again, _, _ = augment(other, mask, np.random.default_rng(seed), roi, **VARIED)
    flips = next(
        axes for axes in ((), (0,), (1,), (0, 1)) if np.array_equal(np.flip(mask, axes), moved)
    )
    assert np.array_equal(region, np.flip(roi, flips))
    assert (varied[~region] == 7).all()
    assert (again[~region] == 250).all()
    assert np.array_equal(again[region], varied[region])

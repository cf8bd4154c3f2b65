from __future__ import annotations

import numpy as np
import pytest

from vadline.defects.params import SyntheticParams
from vadline.defects.synthetic import OUTSIDE, synthetic_defects
from vadline.errors import VadlineError
from vadline.segad import grid_segments


@pytest.fixture(scope="module")
def goods():
    return np.random.default_rng(0).integers(0, 256, (12, 64, 80, 3), np.uint8)


SEGMENTS = grid_segments((64, 80), 2, 2)[0]


def make(images, segments=SEGMENTS, kinds=("blur", "rectangle"), seed=0, rows=None):
    return synthetic_defects(images, segments, SyntheticParams(kinds=kinds), seed=seed, rows=rows)


@pytest.mark.parametrize("kind", ["blur", "rectangle"])
def test_images_change_on_the_mask_and_nowhere_else(goods, kind):
    before = goods.copy()
    defective, masks = make(goods, kinds=(kind,))
    changed = (defective != goods).any(-1)
    assert not changed[masks == 0].any()
    assert all(changed[i].sum() > 0.5 * masks[i].sum() > 0 for i in range(len(goods)))
    assert defective.dtype == masks.dtype == np.uint8
    assert set(np.unique(masks)) == {0, 1}
    np.testing.assert_array_equal(goods, before)


def test_a_blur_stays_in_one_segment_and_smooths_it(goods):
    defective, masks = make(goods, kinds=("blur",))
    for image, mask in zip(defective, masks, strict=True):
        assert len(np.unique(SEGMENTS[mask > 0])) == 1
        assert image[mask > 0].std() < 0.8 * goods[0].std()


def test_a_rectangle_is_of_one_grey_and_thin(goods):
    defective, masks = make(goods, kinds=("rectangle",))
    for image, mask in zip(defective, masks, strict=True):
        assert len(np.unique(image[mask > 0])) == 1
        assert mask.mean() < 0.05


def test_an_images_defect_depends_on_its_row_alone(goods):
    whole, masks = make(goods, seed=4)
    some, few = make(goods, seed=4, rows=[7, 2])
    np.testing.assert_array_equal(some, whole[[7, 2]])
    np.testing.assert_array_equal(few, masks[[7, 2]])
    other, _ = make(goods, seed=5)
    assert (other != whole).any()


def test_a_blur_that_nobody_sees_gives_way_to_a_rectangle():
    plain = np.full((8, 64, 80, 3), 128, np.uint8)
    defective, masks = make(plain, kinds=("blur",))
    contrast = np.abs(defective.astype(int) - plain).max(-1)
    assert (contrast[masks > 0] >= 24).all()
    assert masks.any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", ["blur", "rectangle"])
@pytest.mark.parametrize("seed", range(4))
def test_outside_of_the_region_nothing_is_changed_or_looked_at(goods, kind, seed):
    rng = np.random.default_rng(seed)
    inside = np.zeros(SEGMENTS.shape, bool)
    inside[20:50, 10:60] = True
    inside[30:36, 30:50] = False  # and a hole in its middle
    segments = np.where(inside, SEGMENTS, OUTSIDE).astype(np.uint8)
    made, masks = make(goods, segments, (kind,), seed)
    assert masks.any(axis=(1, 2)).all()
    assert not masks[:, ~inside].any()
    other = np.where(inside[..., None], goods, rng.integers(0, 256, goods.shape)).astype(np.uint8)
    remade, again = make(other, segments, (kind,), seed)
    np.testing.assert_array_equal(again, masks)
    np.testing.assert_array_equal(remade[:, inside], made[:, inside])
    np.testing.assert_array_equal(remade[:, ~inside], other[:, ~inside])


def test_one_pixel_is_region_enough(goods):
    segments = np.full(SEGMENTS.shape, OUTSIDE, np.uint8)
    segments[5, 7] = 3
    _, masks = make(goods, segments)
    assert (masks.sum(axis=(1, 2)) == 1).all()
    assert masks[:, 5, 7].all()


def test_misfits_are_refused(goods):
    with pytest.raises(ValueError, match="kinds"):
        SyntheticParams(kinds=())
    with pytest.raises(VadlineError, match="do not fit"):
        make(goods, SEGMENTS[:10])
    with pytest.raises(VadlineError, match="empty"):
        make(goods, np.full_like(SEGMENTS, OUTSIDE))

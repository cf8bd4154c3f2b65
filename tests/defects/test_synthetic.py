from __future__ import annotations

import numpy as np
import pytest

from vadline.errors import VadlineError
from vadline.segad import grid_segments, synthetic_defects


@pytest.fixture(scope="module")
def goods():
    return np.random.default_rng(0).integers(0, 256, (12, 64, 80, 3), np.uint8)


SEGMENTS = grid_segments((64, 80), 2, 2)[0]


@pytest.mark.parametrize("kind", ["blur", "rectangle"])
def test_images_change_on_the_mask_and_nowhere_else(goods, kind):
    before = goods.copy()
    defective, masks = synthetic_defects(goods, SEGMENTS, kinds=(kind,))
    changed = (defective != goods).any(-1)
    assert not changed[masks == 0].any()
    assert all(changed[i].sum() > 0.5 * masks[i].sum() > 0 for i in range(len(goods)))
    assert defective.dtype == masks.dtype == np.uint8
    assert set(np.unique(masks)) == {0, 1}
    np.testing.assert_array_equal(goods, before)


def test_a_blur_stays_in_one_segment_and_smooths_it(goods):
    defective, masks = synthetic_defects(goods, SEGMENTS, kinds=("blur",))
    for image, mask in zip(defective, masks, strict=True):
        assert len(np.unique(SEGMENTS[mask > 0])) == 1
        assert image[mask > 0].std() < 0.8 * goods[0].std()


def test_a_rectangle_is_of_one_grey_and_thin(goods):
    defective, masks = synthetic_defects(goods, SEGMENTS, kinds=("rectangle",))
    for image, mask in zip(defective, masks, strict=True):
        assert len(np.unique(image[mask > 0])) == 1
        assert mask.mean() < 0.05


def test_an_images_defect_depends_on_its_key_alone(goods):
    whole, masks = synthetic_defects(goods, SEGMENTS, seed=4)
    some, few = synthetic_defects(goods[[7, 2]], SEGMENTS, seed=4, keys=[7, 2])
    np.testing.assert_array_equal(some, whole[[7, 2]])
    np.testing.assert_array_equal(few, masks[[7, 2]])
    other, _ = synthetic_defects(goods, SEGMENTS, seed=5)
    assert (other != whole).any()


def test_a_blur_that_nobody_sees_gives_way_to_a_rectangle():
    plain = np.full((8, 64, 80, 3), 128, np.uint8)
    defective, masks = synthetic_defects(plain, SEGMENTS, kinds=("blur",))
    contrast = np.abs(defective.astype(int) - plain).max(-1)
    assert (contrast[masks > 0] >= 24).all()
    assert masks.any(axis=(1, 2)).all()


def test_misfits_are_refused(goods):
    with pytest.raises(VadlineError, match="kinds"):
        synthetic_defects(goods, SEGMENTS, kinds=())
    with pytest.raises(VadlineError, match="do not fit"):
        synthetic_defects(goods, SEGMENTS[:10])

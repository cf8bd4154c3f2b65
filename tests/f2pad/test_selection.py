"""Where refinement starts is decided without looking at test images."""

import numpy as np

from vadline.f2pad import initial_masks, mask_threshold, reference_rows, rows_to_refine
from vadline.f2pad.selection import surrounding_masks


def test_the_threshold_separates_what_can_be_separated():
    maps = np.random.default_rng(0).random((4, 16, 16)).astype(np.float32)
    masks = np.zeros((4, 16, 16), np.uint8)
    masks[0, 4:8, 4:8] = 1
    maps[masks == 1] += 2
    threshold = mask_threshold([(maps[:2], masks[:2]), (maps[2:], masks[2:])], True, 0.3)
    np.testing.assert_array_equal(maps > threshold, masks == 1)


def test_without_defects_few_good_images_have_any_pixel_above_it():
    maps = np.random.default_rng(0).random((99, 8, 8)).astype(np.float32)
    pairs = [(part, np.zeros_like(part, np.uint8)) for part in np.array_split(maps, 4)]
    threshold = mask_threshold(pairs, False, 0.05)
    assert (maps > threshold).any(axis=(1, 2)).sum() == 4
    assert np.isnan(mask_threshold([], False, 0.05))


def test_an_image_below_the_threshold_has_its_highest_place():
    maps, roi = np.zeros((3, 6, 6), np.float32), np.ones((6, 6), bool)
    maps[0, :2, :2] = 5
    maps[1, 3:5, 3:5], maps[1, 0, 0] = 2, 1.4
    for threshold in (3.0, np.nan):
        masks = initial_masks(maps, threshold, roi)
        assert masks.sum(axis=(1, 2)).tolist() == [4, 4, 0]
    assert initial_masks(maps, 1.0, roi).sum(axis=(1, 2)).tolist() == [4, 5, 0]
    roi[3:] = False  # what lies outside is no highest place
    assert initial_masks(maps, 3.0, roi)[1].nonzero()[0].tolist() == [0]


def test_a_region_grows_into_what_is_connected_and_half_as_high():
    maps, roi = np.zeros((1, 8, 8), np.float32), np.ones((8, 8), bool)
    maps[0, 1:3, 1:6], maps[0, 1, 1], maps[0, 6, 1:3] = 5, 10, 6
    assert initial_masks(maps, 9.0, roi).sum() == 1

    def around(threshold, roi):
        return surrounding_masks(maps, initial_masks(maps, threshold, roi), threshold, roi)[0]

    grown = around(9.0, roi)
    np.testing.assert_array_equal(grown, (maps[0] > 4) & (np.arange(8)[:, None] < 4))
    roi[:, 4] = False
    assert around(9.0, roi).sum() == 6
    assert around(3.0, np.ones((8, 8), bool)).sum() == 12


def test_outside_of_the_region_no_pixel_moves_the_threshold():
    rng = np.random.default_rng(0)
    maps, roi = rng.random((4, 16, 16)).astype(np.float32), np.zeros((16, 16), bool)
    roi[2:12, 3:14] = True
    masks = (rng.random(maps.shape) < 0.1).astype(np.uint8)
    noise = rng.choice([np.nan, 1e9, -3], maps.shape)
    other = np.where(roi, maps, noise).astype(np.float32), np.where(roi, masks, 1)
    for has_defects in (True, False):
        expected = mask_threshold(
            [(maps[:, roi][..., None], masks[:, roi][..., None])], has_defects, 0.3
        )
        for chunk in ((maps, masks), other):
            assert mask_threshold([chunk], has_defects, 0.3, roi) == expected


def test_rejected_parts_are_refined_or_some_drawn_by_seed():
    rejected = np.arange(50) % 2 == 0
    np.testing.assert_array_equal(rows_to_refine(rejected, None, 0), np.flatnonzero(rejected))
    drawn = [tuple(rows_to_refine(rejected, 5, seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 5
    assert rejected[list(drawn[0])].all()


def test_references_are_drawn_once_for_all_who_need_them():
    goods = np.array([3, 5, 8, 13, 21])
    rows = reference_rows(goods, 3, seed=1)
    assert len(rows) == 3
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(goods)
    np.testing.assert_array_equal(rows, reference_rows(goods, 3, seed=1))
    np.testing.assert_array_equal(reference_rows(goods, 99, seed=1), goods)

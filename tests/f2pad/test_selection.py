"""Where refinement starts is decided without looking at test images."""

import numpy as np

from vadline.f2pad import mask_threshold, reference_rows, rows_to_refine


def test_the_threshold_separates_what_can_be_separated():
    maps = np.random.default_rng(0).random((4, 16, 16)).astype(np.float32)
    masks = np.zeros((4, 16, 16), np.uint8)
    masks[0, 4:8, 4:8] = 1
    maps[masks == 1] += 2
    threshold = mask_threshold([(maps[:2], masks[:2]), (maps[2:], masks[2:])], True, 0.001)
    np.testing.assert_array_equal(maps > threshold, masks == 1)


def test_without_defects_one_good_pixel_in_a_thousand_exceeds_it():
    maps = np.arange(10_000, dtype=np.float32).reshape(1, 100, 100)
    threshold = mask_threshold([(maps, np.zeros_like(maps, np.uint8))], False, 0.001)
    assert 8 <= (maps > threshold).sum() <= 10


def test_outside_of_the_region_no_pixel_moves_the_threshold():
    rng = np.random.default_rng(0)
    maps, roi = rng.random((4, 16, 16)).astype(np.float32), np.zeros((16, 16), bool)
    roi[2:12, 3:14] = True
    masks = (rng.random(maps.shape) < 0.1).astype(np.uint8)
    noise = rng.choice([np.nan, 1e9, -3], maps.shape)
    other = np.where(roi, maps, noise).astype(np.float32), np.where(roi, masks, 1)
    for has_defects in (True, False):
        expected = mask_threshold(
            [(maps[:, roi][..., None], masks[:, roi][..., None])], has_defects, 0.001
        )
        for chunk in ((maps, masks), other):
            assert mask_threshold([chunk], has_defects, 0.001, roi) == expected


def test_only_test_parts_that_the_detector_rejects_are_refined():
    scores = np.array([1.0, 2.0, 3.0, 2.5, 9.0, np.nan])
    calibration = np.array([1, 1, 1, 0, 0, 0], bool)
    test = np.array([0, 0, 0, 1, 1, 0], bool)
    assert rows_to_refine(scores, calibration, test, 0.1, None, 0).tolist() == [4]
    assert rows_to_refine(scores, calibration, test, 0.5, None, 0).tolist() == [3, 4]
    everything = rows_to_refine(scores, ~(calibration | True), test, 0.1, None, 0)
    assert everything.tolist() == [3, 4]


def test_a_limit_draws_by_seed():
    scores, test = np.arange(50.0), np.ones(50, bool)
    none = np.zeros(50, bool)
    drawn = [tuple(rows_to_refine(scores, none, test, 0.1, 5, seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 5


def test_references_are_drawn_once_for_all_who_need_them():
    goods = np.array([3, 5, 8, 13, 21])
    rows = reference_rows(goods, 3, seed=1)
    assert len(rows) == 3
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(goods)
    np.testing.assert_array_equal(rows, reference_rows(goods, 3, seed=1))
    np.testing.assert_array_equal(reference_rows(goods, 99, seed=1), goods)

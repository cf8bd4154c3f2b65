import numpy as np

from vadline.f2pad.benchmark.binarisation import adaptive_masks

EVERYWHERE = np.ones((48, 48), bool)
YY, XX = np.mgrid[:48, :48]


def _bump(y, x, radius, height=1.0):
    return height * np.clip(1.5 - np.hypot(YY - y, XX - x) / radius, 0, 1)


def _maps():
    noise = 0.05 * np.random.default_rng(0).random((3, 48, 48))
    maps = noise + np.stack([_bump(20, 20, 6), _bump(10, 10, 5) + _bump(34, 34, 6, 0.8), 0 * YY])
    return maps.astype(np.float32)


def test_each_map_is_cut_where_the_number_of_its_parts_is_stable():
    masks = adaptive_masks(_maps(), EVERYWHERE)
    for mask, centres in zip(masks, [[(20, 20)], [(10, 10), (34, 34)]], strict=False):
        assert all(mask[centre] for centre in centres)
        assert mask.mean() < 0.3
        assert not mask[45, 3]


def test_a_map_without_anything_has_an_empty_mask():
    assert not adaptive_masks(_maps(), EVERYWHERE)[2].any()
    flat = np.ones((2, 48, 48), np.float32)
    assert not adaptive_masks(flat, EVERYWHERE).any()
    assert adaptive_masks(flat[:0], EVERYWHERE).shape == (0, 48, 48)


def test_nothing_outside_of_the_region_counts():
    region = np.zeros((48, 48), bool)
    region[5:30, 5:30] = True
    maps = _maps()
    maps[:, ~region] = 1e6
    masks = adaptive_masks(maps, region)
    assert not masks[:, ~region].any()
    assert masks[0, 20, 20]
    maps[:, ~region] = np.nan
    np.testing.assert_array_equal(adaptive_masks(maps, region), masks)

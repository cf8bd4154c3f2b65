import numpy as np
from scipy import ndimage

from vadline.f2pad import F2PADParams
from vadline.f2pad.inpainting import inpaint

PARAMS = F2PADParams(ring_width=4, max_shift=4, blend=1)


def _textures(n=5, size=64):
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=(n, size, size, 3)), (0, 2, 2, 0))
    return np.clip(128 + 400 * smooth, 20, 220).astype(np.uint8)


def _region(size=64):
    region = np.zeros((size, size), dtype=bool)
    region[24:36, 28:40] = True
    return region


def _damaged(image, region):
    damaged = image.copy()
    damaged[region] = 255
    return damaged


def test_outside_the_region_nothing_changes():
    references, region = _textures(), _region()
    image = _damaged(references[0], region)
    for initialiser in ("nearest_reference", "biharmonic"):
        params = PARAMS.model_copy(update={"initialiser": initialiser})
        painted = inpaint(image, region, references, params).mean
        np.testing.assert_array_equal(painted[~region], image[~region])
        assert (painted >= 0).all()
        assert (painted <= 255).all()


def test_finds_the_right_reference_its_shift_and_its_brightness():
    references, region = _textures(), _region()
    truth = np.roll(references[3], (2, -3), axis=(0, 1)) // 2 + 50
    shown = references // 2 + 20
    painted = inpaint(_damaged(truth, region), region, shown, PARAMS).mean
    assert np.abs(painted - truth)[region].max() < 2


def test_each_part_of_the_region_has_its_own_reference():
    references = _textures()
    region = _region()
    region[50:58, 6:14] = True
    truth = references[1].copy()
    truth[42:] = references[2][42:]
    painted = inpaint(_damaged(truth, region), region, references, PARAMS).mean
    assert np.abs(painted - truth)[region].max() < 2


def test_regions_at_the_edge_and_regions_without_a_rim_are_painted():
    references = _textures()
    region = np.zeros((64, 64), dtype=bool)
    region[:10, 50:] = True
    painted = inpaint(_damaged(references[2], region), region, references, PARAMS).mean
    assert np.abs(painted - references[2])[region].max() < 2
    nearly_all = np.ones((64, 64), dtype=bool)
    nearly_all[0, 0] = False
    assert np.isfinite(inpaint(references[0], nearly_all, references[1:], PARAMS).mean).all()


def test_a_blend_of_references_is_nearer_the_clean_part():
    rng = np.random.default_rng(1)
    clean = np.full((64, 64, 3), 120.0) + 40 * (np.arange(64) > 31)[:, None, None]
    shots = np.clip(clean + 12 * rng.normal(size=(13, 64, 64, 3)), 0, 255).astype(np.uint8)
    region = _region()
    params = PARAMS.model_copy(update={"blend": 6})
    found = inpaint(_damaged(shots[0], region), region, shots[1:], params)
    mean, sharp = (np.abs(x - clean)[region].mean() for x in (found.mean, found.sharp))
    assert mean < 0.7 * sharp
    np.testing.assert_allclose(found.spread[region].mean(), 12 * 3**0.5, rtol=0.1)
    assert not found.spread[~region].any()


def test_of_few_references_fewer_are_blended():
    references, region = _textures(8), _region()
    image = _damaged(references[0], region)
    few, all_of_them = (
        inpaint(image, region, references[1:], PARAMS.model_copy(update={"blend": blend}))
        for blend in (4, 1)
    )
    np.testing.assert_array_equal(few.mean, all_of_them.mean)


def test_without_references_the_rim_alone_is_continued():
    ramp = np.repeat(np.arange(0, 192, 3, dtype=np.uint8)[None, :, None], 64, axis=0)
    image = np.repeat(ramp, 3, axis=2)
    region = _region()
    painted = inpaint(_damaged(image, region), region, image[None][:0], PARAMS).mean
    assert np.abs(painted - image)[region].max() < 3


def test_rims_outside_of_the_region_of_interest_do_not_choose_the_reference():
    references, region = _textures(), _region()
    truth = references[2]
    roi = np.ones((64, 64), bool)
    roi[:, int(np.flatnonzero(region.any(axis=0))[-1]) + 2 :] = False
    image = _damaged(truth, region)
    image[~roi] = references[4][~roi]
    painted = inpaint(image, region, references, PARAMS, roi).mean
    assert np.abs(painted - truth)[region].max() < 2
    image[~roi] = 0
    np.testing.assert_array_equal(
        inpaint(image, region, references, PARAMS, roi).mean[roi], painted[roi]
    )


def test_a_part_that_is_anomalous_all_over_becomes_the_mean_reference():
    image, everywhere = np.full((32, 32, 3), 200, np.uint8), np.ones((32, 32), bool)
    references = np.stack([np.full_like(image, 10), np.full_like(image, 20)])
    assert (inpaint(image, everywhere, references, F2PADParams()).mean == 15).all()
    assert (inpaint(image, everywhere, references, F2PADParams()).sharp == 10).all()
    assert (inpaint(image, everywhere, references[:0], F2PADParams()).mean == 200).all()

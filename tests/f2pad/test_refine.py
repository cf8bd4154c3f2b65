import dataclasses

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from vadline.detectors import PatchCoreParams, Tiled
from vadline.errors import VadlineError
from vadline.f2pad import F2PADParams, refine
from vadline.f2pad.protocol import RefinableDetector
from vadline.f2pad.refine import anomaly_mask, dilated_region
from vadline.images.tiles import TileParams

PARAMS = F2PADParams(
    ring_width=4, max_shift=2, k=3, max_iterations=60, radius_share=0.06, min_area=0, tau_a=0.6
)
SOLVERS = ("proposals", "gradient")


def _refine(toy, rows=slice(None), roi=None, **changes):
    params = PARAMS.model_copy(update=changes)
    return refine(
        toy.images[rows], toy.maps[rows], 0.5, toy.detector, toy.prior, toy.references, params, roi
    )


def _iou(masks, truth):
    return (masks & truth).sum(axis=(1, 2)) / (masks | truth).sum(axis=(1, 2))


@pytest.fixture(scope="module", params=SOLVERS)
def solver(request):
    return request.param


@pytest.fixture(scope="module")
def result(toy, solver):
    return _refine(toy, solver=solver)


def test_the_toy_detector_is_one(toy):
    assert isinstance(toy.detector, RefinableDetector)


def test_recovers_the_true_masks_from_coarse_ones(toy, result):
    before = _iou(result.initial_masks[:5], toy.masks[:5])
    after = _iou(result.masks[:5], toy.masks[:5])
    assert before.max() < 0.8
    assert after.min() > 0.8


def test_recovers_them_from_a_rough_start_too(toy, solver):
    found = _refine(toy, initialiser="biharmonic", solver=solver)
    assert (_iou(found.masks[:5], toy.masks[:5])).min() > 0.8
    assert (found.log.loss < found.log.loss_initial)[:5].all()


def test_recovered_images_differ_only_inside_omega(toy, result):
    for image, recovered, initial in zip(
        toy.images, result.recovered, result.initial_masks, strict=True
    ):
        outside = ~dilated_region(initial, PARAMS.radius_share)
        np.testing.assert_array_equal(recovered[outside], image[outside])
    assert (result.recovered[0] != toy.images[0]).any()


def test_an_image_without_a_detection_is_left_alone(toy, result):
    assert not result.masks[5].any()
    assert result.log.loc[5, "iterations"] == 0
    assert result.log.loc[5, "converged"]
    np.testing.assert_array_equal(result.recovered[5], toy.images[5])


def test_log_says_what_was_done(result, solver):
    log = result.log.iloc[:5]
    assert (log.loss <= log.loss_initial).all()
    assert (log.seconds > 0).all()
    assert not log.kept.any()
    if solver == "gradient":
        assert (log.iterations == PARAMS.max_iterations).all()
        assert (log.tau == PARAMS.tau_a).all()
    else:
        assert set(log.tau) <= set(PARAMS.taus)


def test_where_nothing_lowers_the_loss_the_detectors_region_is_kept(toy):
    normal = dataclasses.replace(toy, images=toy.references)
    images = np.repeat(toy.references[:1], 6, axis=0)
    found = _refine(dataclasses.replace(normal, images=images, references=images))
    assert found.log.kept.all()
    np.testing.assert_array_equal(found.masks, found.initial_masks)
    np.testing.assert_array_equal(found.recovered, images)


def test_an_image_does_not_depend_on_its_companions(toy, result, solver):
    for batch_size in (1, 3):
        other = _refine(toy, batch_size=batch_size, solver=solver)
        np.testing.assert_array_equal(other.masks, result.masks)
        np.testing.assert_allclose(other.log.loss, result.log.loss, rtol=2e-3)
        assert np.abs(other.recovered.astype(int) - result.recovered).max() <= 1
    alone = _refine(toy, rows=slice(2, 3), solver=solver)
    np.testing.assert_array_equal(alone.masks[0], result.masks[2])


def test_two_runs_agree_to_the_bit(toy, result, solver):
    again = _refine(toy, solver=solver)
    np.testing.assert_array_equal(again.recovered, result.recovered)
    assert again.log.loss.equals(result.log.loss)


REGION = np.zeros((48, 48), bool)
REGION[8:33, 8:40] = True  # cuts through two defects, leaves one out


def test_everything_that_is_found_lies_inside_of_the_region(toy, result, solver):
    found = _refine(toy, roi=REGION, reestimate=True, solver=solver)
    for masks in (found.masks, found.initial_masks, found.painted_masks):
        assert not masks[:, ~REGION].any()
    np.testing.assert_array_equal(found.recovered[:, ~REGION], toy.images[:, ~REGION])
    np.testing.assert_array_equal(found.initial_masks, result.initial_masks * REGION)
    assert _iou(found.masks[:3, REGION][..., None], toy.masks[:3, REGION][..., None]).min() > 0.75


def test_maps_outside_of_the_region_may_be_anything(toy, solver):
    found = _refine(toy, roi=REGION, solver=solver)
    noise = np.random.default_rng(0).choice([0, 1, 1e9, np.nan], toy.maps.shape)
    other = dataclasses.replace(toy, maps=np.where(REGION, toy.maps, noise).astype(np.float32))
    again = _refine(other, roi=REGION, solver=solver)
    np.testing.assert_array_equal(again.masks, found.masks)
    np.testing.assert_array_equal(again.recovered, found.recovered)
    assert again.log.loss.equals(found.log.loss)


def test_a_region_of_everything_is_none(toy, result, solver):
    found = _refine(toy, roi=np.ones((48, 48), bool), solver=solver)
    np.testing.assert_array_equal(found.recovered, result.recovered)
    assert found.log.loss.equals(result.log.loss)


def test_reestimation_keeps_the_masks_and_clears_the_rest(toy, result, solver):
    found = _refine(toy, reestimate=True, solver=solver)
    np.testing.assert_array_equal(found.masks, result.masks)
    outside = found.masks == 0
    np.testing.assert_array_equal(found.recovered[outside], toy.images[outside])


def test_works_without_references(toy):
    found = refine(
        toy.images[:1], toy.maps[:1], 0.5, toy.detector, toy.prior, toy.references[:0], PARAMS
    )
    assert found.masks[0].any()


def test_maps_and_regions_of_another_size_are_refused(toy):
    what = (toy.detector, toy.prior, toy.references, PARAMS)
    with pytest.raises(VadlineError, match="upsample"):
        refine(toy.images, toy.maps[:, ::2, ::2], 0.5, *what)
    with pytest.raises(VadlineError, match="region of interest"):
        refine(toy.images, toy.maps, 0.5, *what, REGION[::2])


def _mask(tau_a, min_area):
    return F2PADParams(tau_a=tau_a, min_area=min_area, mask_sigma=0)


def test_anomaly_mask_drops_specks_and_what_lies_outside():
    x = torch.zeros(1, 3, 8, 8)
    n = x.clone()
    n[0, :, 1:4, 1:4] = 1.0
    n[0, :, 6, 6] = 1.0
    region = torch.ones(1, 8, 8, dtype=torch.bool)
    region[0, :2] = False
    std = torch.full((1, 3, 1, 1), 0.225)
    assert anomaly_mask(x, n, std, region, _mask(0.2, 0)).sum() == 7
    assert anomaly_mask(x, n, std, region, _mask(0.2, 2)).sum() == 6
    assert anomaly_mask(x, n, std, region, _mask(2.0, 0)).sum() == 0


def test_dilation_is_by_a_disc():
    mask = np.zeros((20, 30), dtype=np.uint8)
    mask[10, 15] = 1
    yy, xx = np.mgrid[:20, :30]
    np.testing.assert_array_equal(dilated_region(mask, 0.15), (yy - 10) ** 2 + (xx - 15) ** 2 <= 9)


def test_what_a_region_encloses_belongs_to_it():
    ring = np.ones((20, 20), np.uint8)
    ring[2:18, 2:18] = 0
    assert dilated_region(ring, 0.05).all()


@pytest.mark.parametrize("wrong", [{"window": 4}, {"tau_a": 0}, {"alpha": 1.0}])
def test_params_refuse_nonsense(wrong):
    with pytest.raises(ValidationError):
        F2PADParams(**wrong)


def test_in_tiles_each_gives_the_mask_of_its_own_share(toy):
    cut = TileParams(rows=1, columns=2, overlap=32)
    tiled = Tiled(PatchCoreParams(tiles=cut), lambda: toy.detector)
    wide = [np.concatenate([of, of[:, :, ::-1]], axis=2) for of in (toy.images, toy.maps)]
    references = np.concatenate([toy.references, toy.references[:, :, ::-1]], axis=2)
    found = refine(*wide, 0.5, tiled, toy.prior, references, PARAMS)
    truth = np.concatenate([toy.masks, toy.masks[:, :, ::-1]], axis=2)
    assert _iou(found.masks[:5], truth[:5]).min() > 0.7
    assert found.log.index.tolist() == list(range(len(toy.images)))
    assert (found.log.seconds[:5] > 0).all()
    assert not found.masks[~found.initial_masks.any(axis=(1, 2))].any()

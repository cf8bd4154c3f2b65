from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from vadline.f2pad import F2PADParams
from vadline.f2pad.inpainting import Start
from vadline.f2pad.proposals import Suspect, choose, edge_contrast, mean_field, propose

PARAMS = F2PADParams(k=3)


def _square(side=40, top=14, width=9):
    square = np.zeros((side, side), bool)
    square[top : top + width, top : top + width] = True
    return square


def _grown(mask, by):
    padded = np.pad(mask, by)
    places = [(dy, dx) for dy in range(2 * by + 1) for dx in range(2 * by + 1)]
    height, width = mask.shape
    return np.any([padded[y : y + height, x : x + width] for y, x in places], axis=0)


def _iou(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.fixture(scope="module")
def blot():
    """A flat noisy part with a light square, what is normal there, and Omega around it."""
    rng = np.random.default_rng(0)
    normal = np.clip(100 + 4 * rng.normal(size=(40, 40, 3)), 0, 255).astype(np.uint8)
    image = normal.copy()
    image[_square()] = 160
    flat = np.full((40, 40, 3), 100, np.float32)
    start = Start(flat, normal.astype(np.float32), np.full((40, 40), 7, np.float32))
    return image, start, _grown(_square(), 5)


def _as_start(image):
    return Start(image.astype(np.float32), image.astype(np.float32), np.zeros(image.shape[:2]))


def test_one_proposal_is_the_defect_and_none_leaves_omega(blot):
    image, start, omega = blot
    masks = propose(
        image, np.where(omega, 1.2, 0).astype(np.float32), Suspect(omega, start), PARAMS
    )
    assert masks.shape == (len(PARAMS.taus), 40, 40)
    assert not (masks & ~omega).any()
    assert max(_iou(mask, _square()) for mask in masks) == 1


def test_the_map_decides_where_the_photograph_does_not(blot):
    image, start, omega = blot
    left = np.zeros_like(omega)
    left[:, :18] = True
    strength = np.where(left, 1.2, 0.05).astype(np.float32)
    masks = propose(image, strength, Suspect(omega, start), PARAMS)
    assert not (masks & ~left).any()


def test_where_references_differ_a_residual_says_less(blot):
    image, start, omega = blot
    strength = np.where(omega, 1.2, 0).astype(np.float32)
    spread = start.spread.copy()
    spread[_square()] *= 20
    restless = Suspect(omega, replace(start, spread=spread))
    masks = propose(image, strength, restless, PARAMS)
    assert masks.sum() < 0.5 * propose(image, strength, Suspect(omega, start), PARAMS).sum()


def test_mean_field_without_neighbours_or_histograms_is_the_unary():
    region = np.ones((1, 1), bool)
    unary = torch.tensor([[2.0, -1.0]])
    image = np.full((1, 1, 3), 7, np.uint8)
    found = mean_field(unary, image, region, smoothness=0.0)
    # A single pixel is both histograms: their ratio tells what it holds itself.
    assert (found > 0.5).tolist() == [[True, False]]


def test_mean_field_fills_holes_and_drops_specks():
    region, unary = np.ones((15, 15), bool), -2 * np.ones((15, 15), np.float32)
    unary[3:12, 3:12] = 2
    unary[7, 7], unary[0, 14] = -2, 2
    image = np.full((15, 15, 3), 128, np.uint8)
    found = mean_field(torch.from_numpy(unary.reshape(-1, 1)), image, region, smoothness=4.0)
    found = found.reshape(15, 15) > 0.5
    assert found[7, 7]
    assert not found[0, 14]


def test_each_labelling_is_found_as_if_alone():
    rng = np.random.default_rng(1)
    region = rng.random((12, 14)) > 0.3
    image = rng.integers(0, 256, (12, 14, 3)).astype(np.uint8)
    unary = torch.from_numpy(rng.normal(size=(region.sum(), 3)).astype(np.float32))
    together = mean_field(unary, image, region, 4.0)
    for t in range(3):
        alone = mean_field(unary[:, t : t + 1], image, region, 4.0)
        torch.testing.assert_close(together[:, t : t + 1], alone)


def test_edges_are_strongest_along_the_true_outline(blot):
    image, _, omega = blot
    square = _square()
    tried = np.stack([square, _square(40, 12, 13), _square(40, 16, 5), np.zeros_like(square)])
    contrast = edge_contrast(image, tried, omega)
    assert contrast.argmax() == 0
    assert contrast[3] == 0
    np.testing.assert_allclose(edge_contrast(image[..., ::-1], tried, omega), contrast, rtol=1e-5)


def test_chooses_for_each_image_as_if_alone(toy):
    params = F2PADParams(k=3, batch_size=1)
    suspects = [
        [Suspect(_grown(mask > 0, by), _as_start(image)) for by in grown]
        for image, mask, grown in zip(
            toy.references, toy.masks[:5], [(3,), (3, 6), (1, 3), (3,), (6,)], strict=False
        )
    ]
    strengths = np.full(toy.masks[:5].shape, 1.2, np.float32)
    found = choose(toy.detector, toy.images[:5], strengths, suspects, params)
    assert min(map(_iou, found.masks, toy.masks[:5] > 0)) > 0.9
    assert (found.loss < found.loss_initial).all()
    for i in range(5):
        alone = choose(
            toy.detector, toy.images[i : i + 1], strengths[:1], suspects[i : i + 1], params
        )
        np.testing.assert_array_equal(alone.masks[0], found.masks[i])
        assert alone.tau[0] == found.tau[i]
        mask = found.masks[i][..., None]
        filled = np.where(mask, suspects[i][0].start.sharp, toy.images[i])
        np.testing.assert_array_equal(found.filled[i], filled)


def test_a_narrow_omega_costs_nothing_where_a_wider_one_is_tried_too(toy):
    """Half of the defect lies outside of the narrow one."""
    image, truth = toy.images[:1], toy.masks[0] > 0
    half = truth & (np.arange(48) < np.nonzero(truth)[1].mean())
    narrow, wide = (Suspect(omega, _as_start(toy.references[0])) for omega in (half, truth))
    strength = np.full((1, 48, 48), 1.2, np.float32)
    masks = [
        choose(toy.detector, image, strength, [own], PARAMS).masks[0]
        for own in ([narrow], [narrow, wide])
    ]
    assert [_iou(mask, truth) > 0.9 for mask in masks] == [False, True]


@pytest.mark.parametrize(("min_area", "found"), [(0, 2), (10, 1), (1000, 2)])
def test_specks_are_dropped_unless_there_is_nothing_else(toy, min_area, found):
    image = toy.references[:1].copy()
    image[0, 10:18, 10:18] = image[0, 34:36, 34:37] = (200, 60, 50)
    everywhere = Suspect(np.ones((48, 48), bool), _as_start(toy.references[0]))
    strength = np.full((1, 48, 48), 1.2, np.float32)
    params = F2PADParams(k=3, min_area=min_area, smoothness=0.5, residual_sigma=0.3)
    chosen = choose(toy.detector, image, strength, [[everywhere]], params)
    assert ndimage.label(chosen.masks[0], np.ones((3, 3)))[1] == found


def test_what_is_normal_has_no_mask(toy):
    image = toy.references[:1]
    everywhere = Suspect(np.ones((48, 48), bool), _as_start(image[0]))
    strength = np.ones((1, 48, 48), np.float32)
    found = choose(toy.detector, image, strength, [[everywhere]], PARAMS)
    assert not found.masks.any()
    assert np.isnan(found.tau).all()
    np.testing.assert_array_equal(found.loss, found.loss_initial)
    np.testing.assert_array_equal(found.filled, image)

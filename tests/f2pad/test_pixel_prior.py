import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from vadline.errors import VadlineError
from vadline.f2pad.pixel_prior import fit_pixel_prior, mog_penalty, sample_pixels


def _clusters(seed=0):
    rng = np.random.default_rng(seed)
    centres = np.array([[-1.0, 0.0, 1.0], [1.0, 1.0, -1.0]])
    return centres, centres[rng.integers(2, size=2000)] + 0.1 * rng.normal(size=(2000, 3))


def test_finds_the_colours_and_their_spread():
    centres, pixels = _clusters()
    prior = fit_pixel_prior(pixels, 2, seed=0)
    order = prior.means[:, 0].argsort()
    np.testing.assert_allclose(prior.means[order], centres, atol=0.02)
    np.testing.assert_allclose(np.linalg.inv(prior.precisions), [0.011 * np.eye(3)] * 2, atol=2e-3)
    again = fit_pixel_prior(pixels, 2, seed=0)
    np.testing.assert_array_equal(prior.means, again.means)


def test_nearly_empty_components_are_dropped():
    _, pixels = _clusters()
    stray = np.full((4, 3), 9.0) + np.random.default_rng(1).normal(size=(4, 3))
    prior = fit_pixel_prior(np.concatenate([pixels, stray]), 3, seed=0)
    assert len(prior.means) == len(prior.precisions) == 2


def test_too_few_pixels_are_refused():
    with pytest.raises(VadlineError, match="n_components"):
        fit_pixel_prior(np.zeros((2, 3)), 3, seed=0)


def test_penalty_equals_the_plain_formula_and_has_right_gradients():
    rng = np.random.default_rng(2)
    n, means, factors = rng.normal(size=(8, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3, 3))
    precisions = factors @ factors.transpose(0, 2, 1) + np.eye(3)
    expected = [
        min((x - m) @ p @ (x - m) for m, p in zip(means, precisions, strict=True)) for x in n
    ]
    n, means, precisions = map(torch.tensor, (n, means, precisions))
    np.testing.assert_allclose(mog_penalty(n, means, precisions).numpy(), expected, rtol=1e-10)
    assert gradcheck(lambda x: mog_penalty(x, means, precisions), n.requires_grad_())


def test_samples_are_the_images_own_pixels():
    images = np.random.default_rng(3).integers(0, 256, size=(3, 4, 5, 3), dtype=np.uint8)
    pixels = sample_pixels(images, 200, seed=0)
    own = {tuple(p) for p in images.reshape(-1, 3).tolist()}
    assert pixels.shape == (200, 3)
    assert {tuple(p) for p in pixels.tolist()} <= own
    np.testing.assert_array_equal(pixels, sample_pixels(images, 200, seed=0))


def test_samples_are_drawn_inside_of_the_region_alone():
    images = np.random.default_rng(3).integers(0, 200, size=(3, 4, 5, 3), dtype=np.uint8)
    roi = np.zeros((4, 5), bool)
    roi[1, 2:4] = roi[3, 0] = True
    images[:, ~roi] = 255
    pixels = sample_pixels(images, 200, 0, roi)
    assert (pixels < 255).all()
    assert {tuple(p) for p in pixels.tolist()} == {tuple(p) for p in images[:, roi].reshape(-1, 3)}
    whole = sample_pixels(images, 200, 0, np.ones_like(roi))
    np.testing.assert_array_equal(whole, sample_pixels(images, 200, 0))

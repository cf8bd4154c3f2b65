"""DevNet's score and map against plain lines."""

import numpy as np
import pytest
import torch

from vadline.backbones import BackboneParams
from vadline.detectors import TrainingSet
from vadline.detectors.supervised.devnet import DevNet, DevNetParams

SIZE = 64


@pytest.fixture(scope="module")
def images():
    images = np.random.default_rng(0).integers(90, 110, (8, SIZE, SIZE, 3), dtype=np.uint8)
    images[4:, 20:36, 20:36] = 250
    return images


def fit(images, **settings):
    settings = {"epochs": 1, "steps_per_epoch": 4, "train_batch": 4, "layers": (3,), **settings}
    training = TrainingSet(images, np.arange(8), np.arange(8) >= 4)
    return DevNet.build(DevNetParams(**settings), BackboneParams(), "devnet").fit(training)


def test_the_score_is_the_mean_of_the_largest_locations_without_sign(images):
    detector = fit(images, top_k=0.25)
    maps, scores = detector.score(images, np.arange(8))
    network = detector.network_
    with torch.no_grad():
        x = network.extractor.normalise(torch.from_numpy(images))
        plain = network.head(network.extractor(x)[-1]).abs()[:, 0].numpy()
    np.testing.assert_allclose(maps, plain, rtol=1e-3, atol=1e-3)
    best = np.sort(maps.reshape(8, -1), axis=1)[:, -4:]  # a quarter of 4 x 4
    np.testing.assert_allclose(scores, best.mean(axis=1), rtol=1e-5)
    assert (maps >= 0).all()


def test_the_share_counts_locations_inside_the_region(images):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, 32:] = True  # 8 of 16 locations
    maps, scores = fit(images, top_k=0.25).score(images, np.arange(8), roi)
    assert (maps[:, :, :2] == 0).all()
    best = np.sort(maps[:, :, 2:].reshape(8, -1), axis=1)[:, -2:]
    np.testing.assert_allclose(scores, best.mean(axis=1), rtol=1e-5)


def test_the_margin_is_what_bads_are_pushed_to(images):
    near, far = (
        fit(images, margin=margin, steps_per_epoch=40).score(images, np.arange(8))[1]
        for margin in (1.0, 8.0)
    )
    assert far[4:].min() > far[:4].max()
    assert far[4:].mean() > near[4:].mean() + 2

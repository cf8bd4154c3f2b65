"""WRN's score and map against the classifier written plainly."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from vadline.backbones import BackboneParams
from vadline.detectors import TrainingSet
from vadline.detectors.supervised.wrn import WRN, WRNParams

SIZE = 64


@pytest.fixture(scope="module")
def images():
    images = np.random.default_rng(0).integers(90, 110, (8, SIZE, SIZE, 3), dtype=np.uint8)
    images[4:, :32, :32] = 250
    return images


def fit(images, **settings):
    params = WRNParams(**{"epochs": 1, "steps_per_epoch": 4, "lr": 1e-3, **settings})
    training = TrainingSet(images, np.arange(8), np.arange(8) >= 4)
    return WRN.build(params, BackboneParams(), "wrn").fit(training)


def test_the_score_is_the_logit_of_pooled_features(images):
    detector = fit(images)
    _, scores = detector.score(images, np.arange(8))
    network = detector.network_
    with torch.no_grad():
        x = network.extractor.normalise(torch.from_numpy(images))
        pooled = network.extractor(x)[-1].mean(dim=(2, 3))
        logits = pooled @ network.head.weight.flatten() + network.head.bias
    np.testing.assert_allclose(scores, logits, rtol=1e-3, atol=1e-3)


def test_the_map_is_the_class_activation_map_above_that_of_goods(images):
    detector = fit(images)
    maps, scores = detector.score(images, np.arange(8))
    network = detector.network_
    with torch.no_grad():
        features = network.extractor(network.extractor.normalise(torch.from_numpy(images)))[-1]
    weight, bias = network.head.weight.detach().flatten(), network.head.bias.item()
    plain = np.einsum("bchw,c->bhw", features, weight) + bias
    np.testing.assert_allclose(maps, plain - plain[:4].mean(axis=0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(plain.mean(axis=(1, 2)), scores, rtol=1e-3, atol=1e-3)


def test_the_map_points_at_the_defect(images):
    maps, _ = fit(images, layers=(2,), steps_per_epoch=15).score(images, np.arange(4, 8))
    assert maps[:, :4, :4].mean() > maps[:, 4:, 4:].mean() + 1  # the quarter that is bright


@pytest.mark.parametrize("alpha", [None, 0.25, 0.0])
@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_the_loss_is_the_papers_equation(alpha, gamma):
    logits = torch.tensor([-2.0, 0.3, 4.0, 1.5, -0.7, 1e4, 1e4], requires_grad=True)
    bad = torch.tensor([False, True, True, False, True, True, False])
    params = WRNParams(focal_alpha=alpha, focal_gamma=gamma)
    wrn = WRN.build(params, BackboneParams(), "wrn")
    loss = wrn.loss(logits, bad, torch.Generator())
    p = torch.where(bad, logits, -logits).sigmoid()
    weight = torch.where(bad, alpha, 1 - alpha) if alpha is not None else 1
    plain = -weight * (1 - p) ** gamma * torch.where(bad, logits, -logits).sigmoid().log()
    plain[-1] = 1e4 * (1 if alpha is None else 1 - alpha)  # log(0) in the plain line
    torch.testing.assert_close(loss, plain.mean())
    loss.backward()
    assert torch.isfinite(logits.grad).all()


def test_an_exponent_without_a_gradient_is_refused():
    with pytest.raises(ValidationError, match="no gradient"):
        WRNParams(focal_gamma=0.5)


def test_settings_of_the_loss_count(images):
    scores = [
        fit(images, **s).score(images, np.arange(8))[1].tobytes()
        for s in ({}, {"focal_gamma": 0.0}, {"focal_alpha": 0.9}, {"momentum": 0.0})
    ]
    assert len(set(scores)) == 4


def test_it_learns_from_the_classifiers_role():
    assert WRNParams().learn_from == "classifier"

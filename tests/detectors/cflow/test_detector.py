"""CFLOW: densities that are densities, and what it promises to those who save it."""

import math

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.cflow.detector import CFlow
from vadline.detectors.cflow.flow import ConditionalFlow, CouplingBlock
from vadline.detectors.cflow.params import CFlowParams
from vadline.detectors.cflow.position import position_code
from vadline.detectors.cflow.training import LayerSample, sample_layers, train_flows
from vadline.errors import VadlineError

SIZE = 64


def randomised(module, scale=1.0, seed=0):
    """Set all weights at random, so that nothing is near the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(scale * torch.randn(weight.shape, generator=generator))
    return module.double()


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("channels", [2, 5])
def test_a_blocks_determinant_is_the_jacobians(channels):
    block = randomised(CouplingBlock(channels, 4, 8, clamp=1.9))
    x, condition = draw(3, channels), draw(3, 4, seed=1)
    _, log_determinant = block(x, condition)
    for i in range(3):
        jacobian = torch.autograd.functional.jacobian(
            lambda v, i=i: block(v, condition[i])[0], x[i]
        )
        assert log_determinant[i].item() == pytest.approx(jacobian.slogdet()[1].item())


@pytest.mark.parametrize("trained", [False, True])
def test_the_likelihood_integrates_to_one_under_each_condition(trained):
    flow = randomised(ConditionalFlow(2, 4, blocks=4, clamp=1.9), 0.5)
    code = position_code(4, 1, 2)
    if trained:
        sample = LayerSample(draw(400, 2) + 1, torch.arange(400) % 2, (1, 2))
        train_flows(
            [flow], [sample], lambda _: code, steps=50, batch=64, lr=1e-2, seed=0, name="toy"
        )
    axis = torch.linspace(-40, 40, 801, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    for condition in code:
        with torch.no_grad():
            total = flow(grid, condition).exp().sum() * (axis[1] - axis[0]) ** 2
        assert total.item() == pytest.approx(1, abs=5e-3)


def test_the_score_is_the_negative_log_sigmoid_of_the_likelihood_a_channel():
    flow = randomised(ConditionalFlow(3, 4, blocks=2, clamp=1.9))
    x, condition = draw(6, 3), draw(6, 4, seed=1)
    plain = -np.log(1 / (1 + np.exp(-flow(x, condition).detach().numpy() / 3)))
    np.testing.assert_allclose(flow.scores(x, condition).detach(), plain)


def test_whitened_features_have_unit_covariance_and_constant_ones_do_no_harm():
    flow = ConditionalFlow(4, 4, blocks=1, clamp=1.9)
    x = (draw(5000, 4) * torch.tensor([100.0, 1, 0.5, 0]) @ draw(4, 4, seed=1)).float()
    flow.whiten(x, ridge=1e-9)
    white = (x - flow.mean) @ flow.whitening
    variance = torch.cov(white.T).diagonal()
    assert torch.isfinite(flow.whitening).all()
    torch.testing.assert_close(variance[1:], torch.ones(3), rtol=1e-2, atol=0)


def test_a_trained_flow_prefers_what_it_has_learnt():
    code = position_code(8, 1, 2)
    generator = torch.Generator().manual_seed(0)
    places = torch.arange(3000) % 2
    angle = 2 * math.pi * torch.rand(3000, generator=generator)
    ring = torch.stack([angle.cos(), angle.sin()], 1) * (1 + 2 * places[:, None])
    ring = ring + 0.1 * torch.randn(3000, 2, generator=generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        flow = ConditionalFlow(2, 8, blocks=8, clamp=1.9)
    sample = LayerSample(ring[:2000], places[:2000], (1, 2))
    train_flows([flow], [sample], lambda _: code, steps=150, batch=256, lr=1e-2, seed=0, name="toy")
    held_out, at = ring[2000:], places[2000:]
    own = flow(held_out, code[at]).mean()
    assert own > flow(held_out + 1.5, code[at]).mean() + 1
    assert own > flow(held_out, code[1 - at]).mean() + 1  # the right things in the wrong place
    assert not any(weight.requires_grad for weight in flow.parameters())


def test_the_position_code_tells_places_apart():
    code = position_code(128, 8, 12)
    assert code.shape == (96, 128)
    assert code.abs().max() <= 1
    assert torch.cdist(code, code).fill_diagonal_(1).min() > 0.1
    by_place = code.view(8, 12, 128)
    assert (by_place[:, 3, :64] == by_place[0, 3, :64]).all()  # the column's half
    assert (by_place[5, :, 64:] == by_place[5, 0, 64:]).all()  # the row's half
    assert by_place[2, 3, 0].item() == pytest.approx(math.sin(3))
    assert by_place[2, 3, 65].item() == pytest.approx(math.cos(2))


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    base = rng.integers(90, 110, size=(16, SIZE, SIZE, 3))
    base[15, 20:36, 24:40] = 255  # the one bad part
    return base.astype(np.uint8)


def fitted(images, seed=0, roi=None, rows=14, **settings):
    brief = {"layers": (2, 3), "steps": 15, "train_batch": 64, "blocks": 3}
    params = CFlowParams(**{**brief, **settings})
    detector = CFlow(build_extractor(layers=params.layers), "efficientnet_lite0", params)
    return detector.fit(TrainingSet(images, np.arange(rows), roi=roi), seed)


@pytest.fixture(scope="module")
def detector(images):
    return fitted(images)


def test_the_bad_part_scores_highest_and_where_it_is_bad(detector, images):
    maps, scores = detector.score(images, np.arange(12, 16))
    assert maps.shape == (4, 8, 8)
    assert (maps >= 0).all()
    assert scores.argmax() == 3
    row, column = np.unravel_index(maps[3].argmax(), maps[3].shape)
    assert 1 <= row <= 5
    assert 2 <= column <= 6


def test_the_region_of_interest_holds_for_learning_and_scoring(images):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, 32:] = True
    spoilt = images.copy()
    spoilt[:14, :, :8] = np.random.default_rng(1).integers(0, 255, (14, SIZE, 8, 3))
    training = TrainingSet(spoilt, np.arange(14), roi=roi)
    unfitted = CFlow(build_extractor(), "efficientnet_lite0", CFlowParams(layers=(2, 3)))
    samples = sample_layers(unfitted, training, wanted=1000, megabytes=100, seed=0)
    for sample in samples:
        assert (sample.places % sample.grid[1] >= sample.grid[1] // 2).all()
    maps, _ = fitted(images, roi=roi).score(images, np.array([15]), roi)
    assert (maps[:, :, :4] == 0).all()
    assert (maps[:, :, 4:] > 0).all()


def test_features_stay_within_their_memory_and_say_so(images, caplog):
    with caplog.at_level("INFO", "vadline.detectors"):
        unfitted = CFlow(build_extractor(), "efficientnet_lite0", CFlowParams(layers=(2, 3)))
        training = TrainingSet(images, np.arange(16))
        samples = sample_layers(unfitted, training, wanted=16 * 64, megabytes=0.1, seed=0)
    taken = sum(s.features.nbytes + s.places.nbytes for s in samples)
    assert 0.05e6 < taken <= 0.1e6
    assert "of 16 images will take 0 MB" in caplog.text
    for sample in samples:
        assert len(sample.features) % 16 == 0
        assert len(sample.features) > 16


def test_the_refinement_loss_is_the_sum_over_layers_and_locations(images):
    one = fitted(images, layers=(2, 3))
    n = one.extractor.normalise(torch.from_numpy(images[12:14])).requires_grad_()
    loss = one.refinement_loss(n, one.candidates(n, k=10))
    assert one.candidates(n, k=10).shape == (2, 64 + 16, 1)
    with torch.no_grad():
        features = [m.flatten(2).transpose(1, 2) for m in one.extractor(n)]
    codes = [position_code(128, 8, 8), position_code(128, 4, 4)]
    plain = sum(
        -torch.sigmoid(flow(f, code) / f.shape[-1]).log().sum(dim=1)
        for flow, f, code in zip(one.flows_, features, codes, strict=True)
    )
    torch.testing.assert_close(loss, plain.detach(), rtol=1e-3, atol=0)
    loss.sum().backward()
    assert torch.isfinite(n.grad).all()
    assert n.grad.abs().sum() > 0


def test_user_mistakes_are_one_line(images):
    with pytest.raises(VadlineError, match="no good image"):
        fitted(images, rows=0)
    with pytest.raises(VadlineError, match=r"lower detectors\.cflow\.lr"):
        fitted(images, lr=1e30)

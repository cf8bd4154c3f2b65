"""DRA: its heads against plain lines, and that it learns what it is shown."""

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import TrainingSet, load_detector
from vadline.detectors.dra.batches import with_pseudo_anomalies
from vadline.detectors.dra.detector import DRA, DRAParams
from vadline.detectors.dra.heads import (
    GOOD,
    PSEUDO,
    SEEN,
    DRAHeads,
    HeadScores,
    heads_loss,
)
from vadline.detectors.dra.network import DRANetwork
from vadline.detectors.supervised.batches import LabelledBatch
from vadline.errors import VadlineError

SIZE = 64
PARAMS = DRAParams(
    epochs=1, steps_per_epoch=12, train_batch=4, lr=2e-3, train_backbone=False, batch_size=4
)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    made = rng.integers(90, 110, size=(20, SIZE, SIZE, 3))
    for i in range(12, 20):  # bads: a bright square somewhere
        top, left = rng.integers(4, SIZE - 24, 2)
        made[i, top : top + 20, left : left + 20] = 255
    return made.astype(np.uint8)


@pytest.fixture(scope="module")
def training(images):
    rows = np.r_[0:8, 12:16]
    return TrainingSet(images, rows, rows >= 12)


@pytest.fixture(scope="module")
def detector(training):
    return DRA(build_extractor(layers=(3,)), "efficientnet_lite0", PARAMS).fit(training)


@pytest.fixture
def heads():
    torch.manual_seed(0)
    return DRAHeads(6, top_share=0.1).eval()


def test_heads_are_what_the_paper_says(heads):
    features, reference = torch.randn(3, 6, 5, 8), torch.randn(6, 5, 8)
    heads.standard.running_mean += 0.3
    heads.standard_residual.running_var *= 4
    scores = heads(features, reference, torch.ones(5, 8, dtype=torch.bool))
    patches, residual = features - 0.3, ((reference - features) / 2).abs()
    maps = []
    for name, x in (("seen", patches), ("pseudo", patches), ("residual", residual)):
        layer = getattr(heads, name).scoring
        maps.append((torch.einsum("bchw,c->bhw", x, layer.weight[0, :, 0]) + layer.bias).abs())
        ordered = maps[-1].flatten(1).sort(dim=1, descending=True).values
        torch.testing.assert_close(
            getattr(scores, name), ordered[:, :4].mean(dim=1), rtol=1e-4, atol=1e-4
        )  # 10 % of 40
    first, _, last = heads.normality
    holistic = last(first(patches.mean(dim=(2, 3))).relu())[:, 0]
    torch.testing.assert_close(scores.normality, holistic, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores.map, sum(maps), rtol=1e-4, atol=1e-4)
    total = scores.seen + scores.pseudo + scores.residual - scores.normality
    torch.testing.assert_close(scores.anomaly, total)


def test_image_scores_come_from_the_inside_alone(heads):
    inside = torch.zeros(5, 5, dtype=torch.bool)
    inside[1:4, 1:4] = True
    features, reference = torch.randn(2, 6, 5, 5), torch.randn(6, 5, 5)
    other = torch.where(inside, features, features + 10)
    one, two = heads(features, reference, inside), heads(other, reference, inside)
    for name in ("normality", "seen", "pseudo", "residual"):
        torch.testing.assert_close(getattr(one, name), getattr(two, name))


def test_scores_are_means_over_the_scales(images):
    torch.manual_seed(0)
    network = DRANetwork(build_extractor(layers=(3,)), scales=2, top_share=0.1).eval()
    batch = torch.from_numpy(images[10:14])
    reference = network.reference(batch[:2])
    inside = torch.ones(4, 4, dtype=torch.bool), torch.ones(2, 2, dtype=torch.bool)
    large, small = map(network.heads, network.pyramid(batch), reference, inside)
    scores = network(batch, reference)
    for name in ("normality", "seen", "pseudo", "residual"):
        mean = (getattr(large, name) + getattr(small, name)) / 2
        torch.testing.assert_close(getattr(scores, name), mean)
    assert scores.map.shape == large.map.shape


def test_each_head_learns_from_its_own_images():
    kinds = torch.tensor([GOOD, GOOD, SEEN, SEEN, PSEUDO])
    reference = torch.tensor([-1.0, 1.0]) / 2**0.5  # mean 0, deviation 1
    values = {
        name: torch.full((5,), 1.0, requires_grad=True) for name in HeadScores.__annotations__
    }
    heads_loss(HeadScores(**values), kinds, reference, margin=5.0).backward()
    expected = {  # the sign in which a higher score changes the loss
        "normality": [-1, -1, 1, 1, 1],
        "seen": [1, 1, -1, -1, 0],
        "pseudo": [1, 1, 0, 0, -1],
        "residual": [1, 1, -1, -1, -1],
    }
    for name, signs in expected.items():
        assert values[name].grad.sign().tolist() == signs


def test_every_good_of_a_batch_gets_a_pseudo_anomaly(images):
    bad = torch.tensor([False, True, False])
    batch = LabelledBatch(
        torch.from_numpy(images[[0, 12, 1]]), bad, torch.zeros(3, SIZE, SIZE), ~bad
    )
    roi = np.zeros((SIZE, SIZE), bool)
    roi[10:30, 20:50] = True
    more, kinds = with_pseudo_anomalies(batch, np.random.default_rng(0), roi)
    assert kinds.tolist() == [GOOD, SEEN, GOOD, PSEUDO, PSEUDO]
    for pseudo, good in zip(more[3:], more[[0, 2]], strict=True):
        changed = (pseudo != good).any(dim=-1).numpy()
        assert changed.any()
        assert not changed[~roi].any()


def test_unseen_bads_score_above_unseen_goods(detector, images):
    maps, scores = detector.score(images, np.r_[8:12, 16:20])
    assert scores[:4].max() < scores[4:].min()
    assert maps.shape == (8, 4, 4)
    assert maps.dtype == np.float32
    assert maps[:4].max() < maps[4:].max()


def test_the_backbone_is_trained_when_asked_and_the_given_one_stays(training, images):
    given = build_extractor(layers=(3,))
    before = {name: tensor.clone() for name, tensor in given.state_dict().items()}
    params = PARAMS.model_copy(update={"train_backbone": True, "steps_per_epoch": 2, "scales": 2})
    fitted = DRA(given, "efficientnet_lite0", params).fit(training)
    for name, tensor in given.state_dict().items():
        assert torch.equal(tensor, before[name])
    after = fitted.network_.extractor.state_dict()
    statistics = [name for name in before if "running" in name]
    assert all(torch.equal(after[name], before[name]) for name in statistics)
    assert any(not torch.equal(after[name], before[name]) for name in before)
    again = load_detector(fitted.state())
    np.testing.assert_array_equal(
        again.score(images, np.arange(3))[1], fitted.score(images, np.arange(3))[1]
    )


@pytest.mark.parametrize("bad", [None, np.zeros(8, bool), np.ones(8, bool)])
def test_it_needs_good_and_bad_images(images, bad):
    with pytest.raises(VadlineError, match="dra learns from good and bad images"):
        DRA(build_extractor(layers=(3,)), "efficientnet_lite0", PARAMS).fit(
            TrainingSet(images, np.arange(8), bad)
        )

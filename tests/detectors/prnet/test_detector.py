"""PRNet: its parts against plain lines, and that it learns to segment what it is shown."""

import numpy as np
import pytest
import torch

from vadline.backbones import build_extractor
from vadline.detectors import TrainingSet
from vadline.detectors.prnet.attention import (
    MultiSizeAttention,
    merge_patches,
    patches,
)
from vadline.detectors.prnet.batches import extended
from vadline.detectors.prnet.detector import PRNet
from vadline.detectors.prnet.fusion import MultiScaleFusion
from vadline.detectors.prnet.loss import prnet_loss
from vadline.detectors.prnet.params import PRNetParams
from vadline.detectors.prnet.prototypes import prototype_maps, residuals
from vadline.detectors.supervised.batches import LabelledBatch
from vadline.errors import VadlineError

SIZE = 64
PARAMS = PRNetParams(
    epochs=1, steps_per_epoch=25, train_batch=6, lr=3e-3, prototypes=3, top_k=0.02, batch_size=4
)
QUICK = PARAMS.model_copy(update={"steps_per_epoch": 2})


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    images = rng.integers(90, 110, size=(20, SIZE, SIZE, 3))
    masks = np.zeros((20, SIZE, SIZE), np.uint8)
    for i in range(12, 20):  # bads: a bright square somewhere
        top, left = rng.integers(4, SIZE - 20, 2)
        images[i, top : top + 16, left : left + 16] = 255
        masks[i, top : top + 16, left : left + 16] = 1
    return images.astype(np.uint8), masks


@pytest.fixture(scope="module")
def training(world):
    rows = np.r_[0:8, 12:16]
    return TrainingSet(world[0], rows, rows >= 12, world[1], np.ones(12, bool))


def new(params=PARAMS):
    return PRNet(build_extractor(layers=params.layers), "efficientnet_lite0", params)


@pytest.fixture(scope="module")
def detector(training):
    return new().fit(training)


def test_unseen_bads_score_above_goods_and_maps_peak_at_the_defect(detector, world):
    images, masks = world
    maps, scores = detector.score(images, np.r_[8:12, 16:20])
    assert scores[:4].max() < scores[4:].min()
    assert maps.shape == (8, 16, 16)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert maps.max() <= 1
    for found, mask in zip(maps[4:], masks[16:], strict=True):
        row, column = np.unravel_index(found.argmax(), found.shape)
        assert mask[4 * row : 4 * row + 4, 4 * column : 4 * column + 4].any()


def test_the_score_is_the_mean_of_the_highest_values_inside(detector, world):
    roi = np.zeros((SIZE, SIZE), bool)
    roi[:, 20:40] = True
    maps, scores = detector.score(world[0], np.arange(20), roi)
    inside = np.sort(maps[:, :, 5:10].reshape(20, -1), axis=1)
    np.testing.assert_allclose(scores, inside[:, -1:].mean(axis=1), rtol=1e-6)  # 2 % of 80
    assert not maps[:, :, :5].any()
    assert not maps[:, :, 10:].any()


def test_bads_without_masks_teach_too(world):
    images, masks = world
    rows = np.r_[0:8, 12:16]
    unknown = TrainingSet(images, rows, rows >= 12, masks, rows < 12)
    params = PARAMS.model_copy(update={"synthetic": 0.0})
    scores = new(params).fit(unknown).score(images, np.r_[8:12, 16:20])[1]
    assert scores[:4].max() < scores[4:].min()


def test_prototypes_are_the_centres_of_clusters():
    groups = torch.tensor([0.0, 10.0, 20.0]).repeat_interleave(4).view(12, 1, 1, 1)
    maps = groups + 0.1 * torch.randn(12, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    found = prototype_maps(maps, 3, seed=0)
    plain = torch.stack([maps[i : i + 4].mean(dim=0) for i in (0, 4, 8)])
    order = found.mean(dim=(1, 2, 3)).argsort()
    torch.testing.assert_close(found[order], plain)


def test_few_goods_are_their_own_prototypes():
    maps = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(prototype_maps(maps, 5, seed=0), maps)


def test_residuals_are_squared_differences_to_each_levels_nearest_prototype():
    levels = [torch.randn(4, 2, 3, 3), torch.randn(4, 5, 2, 2)]
    prototypes = [torch.randn(6, 2, 3, 3), torch.randn(3, 5, 2, 2)]
    for found, level, centres in zip(
        residuals(levels, prototypes), levels, prototypes, strict=True
    ):
        for image, residual in zip(level, found, strict=True):
            squares = (centres - image).square()
            nearest = squares.sum(dim=(1, 2, 3)).argmin()
            torch.testing.assert_close(residual, squares[nearest])


def test_fusion_adds_the_other_levels_at_each_levels_grid():
    torch.manual_seed(0)
    fusion = MultiScaleFusion((4, 6, 8))
    levels = [torch.randn(2, 4, 9, 9), torch.randn(2, 6, 5, 5), torch.randn(2, 8, 3, 3)]
    fused = fusion(levels)
    assert [x.shape for x in fused] == [x.shape for x in levels]
    for i in range(3):  # every level hears from every other
        moved = [x + (j == i) for j, x in enumerate(levels)]
        assert all(not torch.allclose(a, b) for a, b in zip(fusion(moved), fused, strict=True))
    for module in fusion.parameters():
        torch.nn.init.zeros_(module)
    assert all(torch.equal(a, b) for a, b in zip(fusion(levels), levels, strict=True))


@pytest.mark.parametrize(("side", "n"), [(8, 4), (9, 4), (2, 8), (5, 1)])
def test_patches_are_cut_and_merged_without_loss(side, n):
    x = torch.randn(2, 3, side, side)
    tokens = patches(x, n)
    assert tokens.shape[1] == n * n
    assert torch.equal(merge_patches(tokens, n, x.shape[1:]), x)
    length = -(-side // n)
    assert torch.equal(tokens[0, 0], x[0, :, :length, :length].flatten())


def test_attention_keeps_the_shape_and_lets_far_patches_speak():
    torch.manual_seed(0)
    attention = MultiSizeAttention(4, (1, 2)).eval()
    x = torch.randn(1, 4, 8, 8)
    moved = x.clone()
    moved[..., 7, 7] += 3  # 3x3 convolutions alone do not carry this to the first corner
    assert attention(x).shape == x.shape
    assert not torch.allclose(attention(x)[..., 0, 0], attention(moved)[..., 0, 0])


def test_the_loss_is_focal_and_smooth_l1_where_masks_are_known():
    logits = torch.tensor([[2.0, -1.0, 0.5, 0.0], [3.0, 1.0, -2.0, 0.0]])
    targets = torch.tensor([[1, 0, 0, 1], [0, 0, 0, 0]]).bool()
    settings = {"focal_weight": 5.0, "gamma": 4.0, "top_k": 0.5}
    p = logits.sigmoid()
    right = torch.where(targets, p, 1 - p)
    each = 0.5 * (1 - right) ** 2 + 5 * 0.5 * -((1 - right) ** 4) * right.log()
    both = prnet_loss(logits, targets, torch.tensor([True, True]), **settings)
    torch.testing.assert_close(both, each.mean())
    top = torch.tensor(2.0).sigmoid()  # mean of 3 and 1
    image = 5 * 0.5 * -((1 - top) ** 4) * top.log()
    one = prnet_loss(logits, targets, torch.tensor([True, False]), **settings)
    torch.testing.assert_close(one, (each[0].mean() + image) / 2)


def test_made_defects_take_the_place_of_bads_alone(world):
    images, masks = world
    rows = [0, 12, 1, 13]
    bad = torch.tensor([False, True, False, True])
    known = torch.tensor([True, True, True, False])
    given = torch.from_numpy(masks[rows]) * known[:, None, None].to(torch.uint8)
    batch = LabelledBatch(torch.from_numpy(images[rows]), bad, given, known)
    goods = images[[0, 1]]

    def made(synthetic, pasted):
        return extended(batch, np.random.default_rng(0), synthetic=synthetic, pasted=pasted)

    same = made(0, 0)
    assert torch.equal(same.images, batch.images)
    assert torch.equal(same.masks, batch.masks)
    for new_batch, changed in ((made(1, 0), [1, 3]), (made(0, 1), [1])):
        assert torch.equal(new_batch.images[~bad], batch.images[~bad])
        assert new_batch.mask_known.tolist() == [True, True, True, 3 in changed]
        for i in changed:
            image, mask = new_batch.images[i].numpy(), new_batch.masks[i].numpy()
            differences = [(image != good).any(axis=-1) for good in goods]
            assert any((mask == difference).all() for difference in differences)


def test_the_backbone_stays_as_it_was(training):
    given = build_extractor(layers=QUICK.layers)
    before = {name: tensor.clone() for name, tensor in given.state_dict().items()}
    PRNet(given, "efficientnet_lite0", QUICK).fit(training)
    assert all(torch.equal(tensor, before[name]) for name, tensor in given.state_dict().items())


@pytest.mark.parametrize("bad", [None, np.zeros(8, bool), np.ones(8, bool)])
def test_it_needs_good_and_bad_images(world, bad):
    with pytest.raises(VadlineError, match="prnet learns from good and bad images"):
        new(QUICK).fit(TrainingSet(world[0], np.arange(8), bad))

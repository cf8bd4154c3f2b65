from __future__ import annotations

import math

import pytest
import torch

from vadline.apc.losses import (
    apc_loss,
    classification_loss,
    reconstruction_loss,
    segmentation_loss,
)
from vadline.apc.network import APCOutputs
from vadline.apc.params import APCParams


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def cross_entropy(logit: float, target: float) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -(target * math.log(probability) + (1 - target) * math.log(1 - probability))


def test_classification_is_the_mean_cross_entropy():
    logits, labels = draw(5), torch.tensor([0, 1, 1, 0, 1])
    expected = (
        sum(cross_entropy(z, y) for z, y in zip(logits.tolist(), labels.tolist(), strict=True)) / 5
    )
    assert classification_loss(logits, labels).item() == pytest.approx(expected, rel=1e-5)


def test_segmentation_is_the_mean_over_the_pixels_of_samples_with_a_mask():
    logits, masks = draw(3, 4, 4), (draw(3, 4, 4, seed=1) > 0).to(torch.uint8)
    known = torch.tensor([True, False, True])
    total = 0.0
    for sample in (0, 2):
        for row in range(4):
            for column in range(4):
                pixel = logits[sample, row, column].item(), masks[sample, row, column].item()
                total += cross_entropy(*pixel)
    assert segmentation_loss(logits, masks, known).item() == pytest.approx(total / 32, rel=1e-5)


@pytest.mark.parametrize("known", [[True, False], [False, False]])
def test_samples_without_a_mask_give_no_segmentation_gradient(known):
    logits = draw(2, 4, 4).requires_grad_()
    segmentation_loss(logits, torch.ones(2, 4, 4), torch.tensor(known)).backward()
    moved = logits.grad.abs().sum(dim=(1, 2)) > 0
    assert moved.tolist() == known


def test_reconstruction_is_the_mean_squared_error():
    a, b = draw(2, 3, 4, 4), draw(2, 3, 4, 4, seed=1)
    squares = [
        (p - q) ** 2 for p, q in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True)
    ]
    assert reconstruction_loss(a, b).item() == pytest.approx(sum(squares) / 96, rel=1e-5)


def region(seed: int) -> torch.Tensor:
    inside = draw(2, 6, 5, seed=seed) > 0
    inside[:, 2, 3] = True
    return inside


@pytest.mark.parametrize("seed", range(4))
def test_losses_are_means_over_the_region(seed):
    inside = region(seed)
    logits, masks = draw(2, 6, 5, seed=1), (draw(2, 6, 5, seed=2) > 0).float()
    known = torch.tensor([True, True])
    each = [
        segmentation_loss(
            logits[i, inside[i]][None, None], masks[i, inside[i]][None, None], known[:1]
        )
        for i in (0, 1)
    ]
    assert torch.isclose(segmentation_loss(logits, masks, known, inside), sum(each) / 2)
    a, b = draw(2, 3, 6, 5, seed=3), draw(2, 3, 6, 5, seed=4)
    each = [reconstruction_loss(a[i][:, inside[i]], b[i][:, inside[i]]) for i in (0, 1)]
    assert torch.isclose(reconstruction_loss(a, b, inside), sum(each) / 2)


@pytest.mark.parametrize("seed", range(4))
def test_outside_of_the_region_nothing_counts_and_no_gradient_flows(seed):
    inside = region(seed)
    outside = ~inside
    x, labels, masks = draw(2, 3, 6, 5), torch.tensor([0.0, 1.0]), torch.zeros(2, 6, 5)
    known = torch.tensor([True, True])
    segm, recon = draw(2, 6, 5, seed=5).requires_grad_(), draw(2, 3, 6, 5, seed=6).requires_grad_()
    outputs = APCOutputs(draw(2, seed=1), segm, recon)
    losses = apc_loss(outputs, x, labels, masks, known, APCParams(), inside)
    losses.total.backward()
    assert not segm.grad[outside].any()
    assert not recon.grad.movedim(1, -1)[outside].any()
    noise = 100 * draw(2, 6, 5, seed=7)
    other = apc_loss(
        APCOutputs(
            outputs.cls,
            torch.where(outside, noise, segm),
            torch.where(outside[:, None], noise[:, None], recon),
        ),
        torch.where(outside[:, None], -noise[:, None], x),
        labels,
        torch.where(outside, 1.0, masks),
        known,
        APCParams(),
        inside,
    )
    assert all(torch.equal(one, two) for one, two in zip(losses, other, strict=True))


def test_the_total_weighs_the_terms_and_leaves_out_tasks_that_are_off():
    x, labels = draw(2, 3, 4, 4), torch.tensor([0.0, 1.0])
    truth = (labels, torch.zeros(2, 4, 4), torch.tensor([True, True]))
    outputs = APCOutputs(draw(2, seed=1), draw(2, 4, 4, seed=2), draw(2, 3, 4, 4, seed=3))
    paper = apc_loss(outputs, x, *truth, APCParams())
    expected = 10 * paper.cls + paper.segm + paper.recon
    assert torch.isclose(paper.total, expected)
    other = APCParams(weight_cls=2, weight_segm=3, weight_recon=5)
    expected = 2 * paper.cls + 3 * paper.segm + 5 * paper.recon
    assert torch.isclose(apc_loss(outputs, x, *truth, other).total, expected)
    alone = apc_loss(outputs._replace(cls=None, segm=None), x, *truth, APCParams())
    assert torch.isclose(alone.total, paper.recon)
    assert alone.cls is None

"""The training loop, and batch norms that keep their statistics."""

import pytest
import torch
from torch import nn

from vadline.detectors.supervised.training import freeze_batch_norm, one_cycle, train
from vadline.errors import VadlineError


def descent(value=0.0, lr=0.1):
    weight = nn.Parameter(torch.tensor(value))
    return weight, torch.optim.SGD([weight], lr=lr)


def test_each_batch_takes_one_step_and_the_last_loss_is_returned():
    weight, optimiser = descent()
    last = train(optimiser, [1.0, 2.0], lambda batch: (weight - batch) ** 2, steps=2, name="x")
    # by hand: 0 -> 0.2, then the loss (0.2 - 2)^2 -> 0.56
    assert last == pytest.approx(3.24)
    assert weight.item() == pytest.approx(0.56)


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_the_learning_rate_rises_and_falls_to_nought(steps):
    _, optimiser = descent(lr=2.0)
    schedule, rates = one_cycle(optimiser, steps), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    highest = rates.index(max(rates))
    assert 0 < max(rates) <= 2.0
    assert rates == sorted(rates[:highest]) + sorted(rates[highest:], reverse=True)
    assert optimiser.param_groups[0]["lr"] < 1e-9


def test_a_schedule_advances_after_every_batch():
    weight, optimiser = descent(lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=0.1)
    train(optimiser, range(3), lambda _: weight, steps=3, name="x", schedule=schedule)
    assert weight.item() == pytest.approx(-1.11)


def test_a_loss_that_is_not_finite_names_the_setting():
    weight, optimiser = descent(1.0)
    losses = iter([1.0, float("inf")])
    with pytest.raises(VadlineError, match=r"after 1 batches; set a lower detectors\.lamp\.lr"):
        train(optimiser, range(2), lambda _: weight * next(losses), steps=2, name="lamp")


def test_frozen_batch_norms_keep_statistics_and_learn_weights():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout())
    freeze_batch_norm(network)
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    network[:2](x + 5).square().sum().backward()
    assert torch.equal(network[1].running_mean, torch.zeros(4))
    assert network[1].weight.grad.abs().sum() > 0
    assert network[2].training

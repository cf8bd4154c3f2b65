"""The training loop of supervised detectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from vadline.errors import VadlineError
from vadline.progress import progress

T = TypeVar("T")


def train(
    optimiser: torch.optim.Optimizer,
    batches: Iterable[T],
    loss_of: Callable[[T], Tensor],
    *,
    steps: int,
    name: str,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> float:
    """Take one optimiser step per batch, with a progress bar; return the last batch's loss.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
    batches : iterable
    loss_of : callable
        Takes a batch, gives a scalar loss.
    steps : int
        How many batches there are.
    name : str
        What the bar and the error say.
    schedule : LRScheduler, optional
        Advanced after every batch.

    Raises
    ------
    VadlineError
        If the loss is not finite.
    """
    value = math.nan
    with progress(total=steps, desc=f"{name}: training", unit="batch") as bar:
        for done, batch in enumerate(batches):
            loss = loss_of(batch)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            if schedule is not None:
                schedule.step()
            value = loss.item()
            if not math.isfinite(value):
                raise VadlineError(
                    f"{name}: the loss is {value} after {done} batches; set a lower "
                    f"detectors.{name}.lr."
                )
            bar.set_postfix(loss=f"{value:.3f}", refresh=False)
            bar.update()
    return value


def one_cycle(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Let the learning rates rise over the first tenth of the steps and fall to nought in a cosine.

    The ``optimiser`` has the highest ones; the schedule is to be advanced after every step.
    """
    warm = max(1, steps // 10)

    def factor(step: int) -> float:
        return min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps)))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def freeze_batch_norm(network: nn.Module) -> None:
    """Put a network into training mode, but keep the statistics of its batch norms.

    Small balanced batches would replace the statistics of many good images by their own.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()

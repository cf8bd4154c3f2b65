"""The Adan optimiser as a bare direction, for states that shrink as images converge."""

from __future__ import annotations

import torch
from torch import Tensor


class Adan:
    """Adan (Xie et al., arXiv 2208.06677) without weight decay, on one tensor.

    Equal to ``timm.optim.Adan`` step by step, except that it returns the displacement per unit of
    learning rate (the update is linear in it), so that each pixel can have its own step, and
    that rows can be dropped.

    Parameters
    ----------
    betas : tuple of three floats
        Decay of the mean gradient, of the mean gradient difference and of the mean square,
        in the convention where 0.98 is slow (the original paper writes one minus this).
    eps : float
        Added to the root of the mean square. Default 1e-8.
    """

    def __init__(
        self, betas: tuple[float, float, float] = (0.98, 0.92, 0.99), eps: float = 1e-8
    ) -> None:
        self.betas = betas
        self.eps = eps
        self.steps = 0
        self.state: tuple[Tensor, Tensor, Tensor, Tensor] | None = None

    @torch.no_grad()
    def direction(self, gradient: Tensor) -> Tensor:
        """Take one step in, (P, ...); subtract the result, times the learning rate, from x."""
        if self.state is None:
            nought = torch.zeros_like(gradient)
            self.state = (gradient, nought, nought, nought)
        previous, mean, mean_difference, mean_square = self.state
        self.steps += 1
        slow, middle, square = self.betas
        difference = gradient - previous
        mean = mean.lerp(gradient, 1 - slow)
        mean_difference = mean_difference.lerp(difference, 1 - middle)
        look_ahead = gradient + middle * difference
        mean_square = mean_square.lerp(look_ahead.square(), 1 - square)
        self.state = (gradient, mean, mean_difference, mean_square)
        root = (mean_square / (1 - square**self.steps)).sqrt() + self.eps
        momentum = mean / (1 - slow**self.steps)
        return (momentum + mean_difference * (middle / (1 - middle**self.steps))) / root

    def keep(self, rows: Tensor) -> None:
        """Drop the state of all rows but those that ``rows``, bool (P,), marks."""
        if self.state is not None:
            previous, mean, mean_difference, mean_square = (part[rows] for part in self.state)
            self.state = (previous, mean, mean_difference, mean_square)

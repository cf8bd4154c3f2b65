"""A conditional normalising flow of affine coupling blocks."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CouplingBlock(nn.Module):
    """Affine coupling, a global affine map and a permutation, as FrEIA's ``AllInOneBlock``.

    The first half of the channels and the condition set scale and shift of the second half; the
    logarithm of the scale is softly clamped, ``clamp * tanh(a)`` (Dinh et al. 2017; Kingma and
    Dhariwal 2018; Ardizzone et al. 2019).

    Parameters
    ----------
    channels : int
        C, at least 2.
    condition : int
        Width D of the condition.
    hidden : int
        Width of the subnet's hidden layer.
    clamp : float
        Bound on the logarithm of the coupling's scale.
    """

    permutation: Tensor

    def __init__(self, channels: int, condition: int, hidden: int, clamp: float) -> None:
        super().__init__()
        self.moved = channels // 2
        self.kept = channels - self.moved
        self.clamp = clamp
        self.first = nn.Linear(self.kept + condition, hidden)
        self.second = nn.Linear(hidden, 2 * self.moved)
        # 0.1 * softplus(., beta=0.5) of this is 1: the block starts near the identity.
        self.global_scale = nn.Parameter(torch.full((channels,), 2 * math.log(math.expm1(5.0))))
        self.global_shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("permutation", torch.randperm(channels))

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Map features towards the normal distribution.

        Parameters
        ----------
        x : Tensor, float, shape (..., C)
        condition : Tensor, float, shape (..., D)
            Leading axes broadcast with those of ``x``.

        Returns
        -------
        y : Tensor, dtype of ``x``, shape (..., C)
        log_determinant : Tensor, shape (...)
            Logarithm of the absolute determinant of dy / dx.
        """
        kept, moved = x[..., : self.kept], x[..., self.kept :]
        log_scale, shift = self._affine(kept, condition)
        joined = torch.cat([kept, moved * log_scale.exp() + shift], dim=-1)
        scale = self._global_scale().to(x.dtype)
        y = (joined * scale + self.global_shift.to(x.dtype))[..., self.permutation]
        return y, log_scale.sum(dim=-1) + scale.log().sum()

    def _global_scale(self) -> Tensor:
        return 0.1 * F.softplus(self.global_scale, beta=0.5)

    def _affine(self, kept: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        dtype = kept.dtype
        weight = self.first.weight.to(dtype)
        # Split, so that a condition that many rows share is multiplied once.
        hidden = F.linear(kept, weight[:, : self.kept]) + F.linear(
            condition.to(dtype), weight[:, self.kept :], self.first.bias.to(dtype)
        )
        a = 0.1 * F.linear(
            hidden.relu(), self.second.weight.to(dtype), self.second.bias.to(dtype)
        )  # 0.1, as FrEIA's: small steps at first
        return self.clamp * torch.tanh(a[..., : self.moved]), a[..., self.moved :]


class ConditionalFlow(nn.Module):
    """Log-likelihood of whitened features, given a condition.

    Takes what :class:`CouplingBlock` does, and the number of ``blocks``.

    Attributes
    ----------
    mean : Tensor, float32, shape (C,)
    whitening : Tensor, float32, shape (C, C)
        The flow sees ``(f - mean) whitening``; 0 and the identity until :meth:`whiten`.
    """

    mean: Tensor
    whitening: Tensor

    def __init__(self, channels: int, condition: int, blocks: int, clamp: float) -> None:
        super().__init__()
        self.channels = channels
        self.blocks = nn.ModuleList(
            CouplingBlock(channels, condition, 2 * channels, clamp) for _ in range(blocks)
        )
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("whitening", torch.eye(channels))

    def whiten(self, features: Tensor, ridge: float) -> None:
        """Rotate features to their principal axes and scale these to variance 1.

        Parameters
        ----------
        features : Tensor, float32, shape (n, C)
        ridge : float
            Share of the mean variance that is added to every channel's.
        """
        x = features.double()
        mean = x.mean(dim=0)
        covariance = (x - mean).T @ (x - mean) / len(x)
        offset = ridge * covariance.diagonal().mean() + torch.finfo(torch.float32).tiny
        variance, axes = torch.linalg.eigh(covariance)
        self.mean.copy_(mean)
        self.whitening.copy_(axes * (variance.clamp(min=0) + offset).rsqrt())

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        """Return ``log p = -C/2 log 2 pi - |z|^2 / 2 + log|det J|`` (F2PAD eq. 6), differentiable.

        The density is that of the whitened features: their own units would only add a constant, to
        which the score is not indifferent. Shapes are those of :meth:`CouplingBlock.forward`: of
        features (..., C) and a condition (..., D), (...).
        """
        dtype = features.dtype
        z = (features - self.mean.to(dtype)) @ self.whitening.to(dtype)
        total = z.new_zeros(())
        for block in self.blocks:
            z, log_determinant = block(z, condition)
            total = total + log_determinant
        constant = self.channels / 2 * math.log(2 * math.pi)
        return total - constant - z.square().sum(dim=-1) / 2

    def scores(self, features: Tensor, condition: Tensor) -> Tensor:
        """Return ``-log sigmoid(log p / C)``, above 0; arguments as for :meth:`forward`."""
        return F.softplus(-self(features, condition) / self.channels)

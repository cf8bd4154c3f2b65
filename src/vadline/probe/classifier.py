"""One classifier of the probe: kernel ridge regression, left-one-out in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.segad import location_scale

Features = NDArray[np.float32]


@dataclass(frozen=True)
class KernelClassifier:
    """How much a part looks like known bad ones, in standard deviations of good ones.

    Attributes
    ----------
    centre, scale : Tensor, float32, shape (F,)
        Of the features that it learnt from.
    support : Tensor, float32, shape (n, F)
        These features, standardised.
    dual : Tensor, float64, shape (n,)
        Their say.
    width : float
        Of the kernel.
    level, spread : float
        Mean and standard deviation of good parts' values, each by the others' say.
    """

    centre: Tensor
    scale: Tensor
    support: Tensor
    dual: Tensor
    width: float
    level: float
    spread: float

    @classmethod
    def fit(
        cls, features: Features, bad: NDArray[np.bool_], width: float, ridge: float
    ) -> tuple[Self, NDArray[np.float64]]:
        """Solve for good parts at -1 and bad ones at 1, either kind weighing as much as the other.

        Parameters
        ----------
        features : ndarray, float32, shape (n, F)
        bad : ndarray, bool, shape (n,)
            At least one of each kind.

        Returns
        -------
        KernelClassifier
        ndarray, float64, shape (n,)
            What it would say of each part had it not learnt from that one, standardised.
        """
        x = torch.from_numpy(features)
        centre, scale = x.mean(dim=0), x.std(dim=0, correction=0) + 1e-6
        support = (x - centre) / scale
        target = torch.from_numpy(np.where(bad, 1.0, -1.0))
        weight = np.where(bad, len(bad) / (2 * bad.sum()), len(bad) / (2 * (~bad).sum()))
        system = _kernel(support, support, width) + torch.diag(torch.from_numpy(ridge / weight))
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(system))
        dual = inverse @ target
        # Of ridge regression: what is left of the target, over the inverse's diagonal.
        alone = (target - dual / inverse.diagonal()).numpy()
        level, spread = location_scale(alone[~bad])
        fitted = cls(centre, scale, support, dual, width, level, spread)
        return fitted, (alone - level) / spread

    def decide(self, features: Tensor) -> Tensor:
        """Return float64 (N,) of features, float32 (N, F): 0 for the mean of good parts."""
        like = _kernel((features - self.centre) / self.scale, self.support, self.width)
        return (like @ self.dual - self.level) / self.spread


def _kernel(x: Tensor, support: Tensor, width: float) -> Tensor:
    """Return exp(-mean squared difference / width), float64 (N, n)."""
    near = x.square().sum(dim=1, keepdim=True) + support.square().sum(dim=1) - 2 * x @ support.T
    return (near.double() / (-width * x.shape[1])).exp()

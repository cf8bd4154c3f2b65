"""Minimises the F2PAD objective as its paper does: Adan, shared gradients, a step per pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vadline.f2pad.adan import Adan
from vadline.f2pad.objective import Objective, PixelBatch
from vadline.f2pad.sharing import neighbour_table, share, sharing_weights


@dataclass
class Solution:
    """Outcome of :func:`solve` for B images.

    Attributes
    ----------
    n : Tensor, float32, shape (B, 3, H, W)
        Non-defective images, normalised.
    iterations : ndarray, int64, shape (B,)
    loss, loss_initial : ndarray, float64, shape (B,)
        The objective at ``n`` and at N0.
    converged : ndarray, bool, shape (B,)
        False where max_iterations ran out.
    """

    n: Tensor
    iterations: np.ndarray
    loss: np.ndarray
    loss_initial: np.ndarray
    converged: np.ndarray


def solve(
    objective: Objective,
    x: Tensor,
    n0: Tensor,
    region: Tensor,
    unit: Tensor,
    alpha: Tensor,
) -> Solution:
    """Minimise the objective, each image on its own though computed side by side.

    An image stops after ``max_iterations``, or where an iteration lowers its objective by less
    than ``stop_threshold``. It ends at the lowest objective that it met, so never above where it
    started.

    Parameters
    ----------
    x, n0 : Tensor, float32, shape (B, 3, H, W)
        Input and first guess, normalised; equal outside the region.
    region : Tensor, bool, shape (B, H, W)
        Omega, not empty in any image.
    unit : Tensor, float32, shape (B,)
        Of each image's weights, see :func:`vadline.f2pad.objective.weight_unit`.
    alpha : Tensor, float32, shape (B,)
        Sparsity weight of each image; nought leaves R_A out.
    """
    descent = Descent(objective, objective.prepare(x, n0, region, unit, alpha))
    limit = objective.params.max_iterations
    size = len(x)
    iterations, converged = np.full(size, limit), np.zeros(size, dtype=bool)
    loss, loss_initial = np.zeros(size), np.zeros(size)
    n = n0.clone()
    active = np.arange(size)
    for iteration in range(limit + 1):
        stalled = descent.evaluate()
        if iteration == 0:
            loss_initial[:] = descent.best.cpu()
        leaving = stalled.cpu().numpy() | (iteration == limit)
        if leaving.any():
            done = active[leaving]
            iterations[done], converged[done] = iteration, stalled.cpu().numpy()[leaving]
            loss[done] = descent.best.cpu().numpy()[leaving]
            n[torch.as_tensor(done, device=n.device)] = descent.leave(leaving)
            active = active[~leaving]
        if not len(active):
            break
        descent.advance()
    return Solution(n, iterations, loss, loss_initial, converged)


class Descent:
    """The iterates of the images still being solved.

    Attributes
    ----------
    n : Tensor, float32, shape (P, 3)
        Pixels of N inside Omega, all images in one list, in units of PIXEL_UNIT.
    best : Tensor, float32, shape (B,)
        Lowest objective met so far, and ``best_n`` (P, 3) where.
    """

    def __init__(self, objective: Objective, batch: PixelBatch) -> None:
        self.objective = objective
        self.params = objective.params
        self.batch = batch
        self.n = batch.dense[batch.region] / objective.unit
        self.gradient = torch.zeros_like(self.n)
        self.adan = Adan()
        self.neighbours, self.distances = neighbour_table(batch.region, self.params.window)
        self.best = self.last = torch.full_like(batch.alpha, torch.inf)
        self.best_n = self.n

    def evaluate(self) -> Tensor:
        """Find objective and gradient; mark the images, (B,), whose objective no longer falls."""
        n = self.n.detach().requires_grad_()
        loss = self.objective(self.batch, n)
        (self.gradient,) = torch.autograd.grad(loss.sum(), n)
        loss = loss.detach()
        better = loss < self.best
        self.best = torch.where(better, loss, self.best)
        self.best_n = torch.where(better[self.batch.image, None], self.n, self.best_n)
        fell, self.last = self.last - loss, loss
        threshold = self.params.stop_threshold
        return torch.zeros_like(better) if threshold is None else fell < threshold

    def advance(self) -> None:
        """Move every pixel along its shared, clipped gradient, paper eqs. 13 to 15."""
        p = self.params
        gradient = self.gradient.clamp(-p.clip, p.clip)
        weights = sharing_weights(self.n, self.neighbours, self.distances, p.sigma_s, p.sigma_c)
        shared = share(gradient, self.neighbours, weights)
        magnitude = torch.linalg.vector_norm(self.batch.x - self.n, dim=1, keepdim=True)
        step = p.eta0 * (1 + p.c * magnitude)
        moved = self.n - step * self.adan.direction(shared)
        self.n = moved.clamp(self.objective.lowest, self.objective.highest)

    def leave(self, leaving: np.ndarray) -> Tensor:
        """Take images, bool (B,), out of the descent; returns their best N (b, 3, H, W)."""
        gone = torch.as_tensor(leaving, device=self.n.device)
        images = self.objective.images(self.batch, self.best_n)[gone]
        pixels = ~gone[self.batch.image]
        self.batch = self.batch.keep(~gone)
        self.n, self.best_n, self.gradient = (
            part[pixels] for part in (self.n, self.best_n, self.gradient)
        )
        self.adan.keep(pixels)
        self.best, self.last = self.best[~gone], self.last[~gone]
        self.neighbours, _ = neighbour_table(self.batch.region, self.params.window)
        return images

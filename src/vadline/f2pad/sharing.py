"""Local gradient sharing (paper eqs. 13 and 14): a pixel moves along its neighbours' gradients."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

SharingReading = Literal["product", "gaussian"]


def neighbour_table(region: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """List the pixels of a region and each one's neighbours within a window.

    Parameters
    ----------
    region : Tensor, bool, shape (B, H, W)
        The P true pixels are numbered in row-major order.
    window : int
        Side of the window, odd.

    Returns
    -------
    neighbours : Tensor, int64, shape (window**2, P)
        Number of the neighbour at each offset, or -1 where it lies outside region or image.
    distances : Tensor, float32, shape (window**2,)
        Squared distance of each offset, in pixels.
    """
    reach = window // 2
    numbers = torch.full(region.shape, -1, dtype=torch.int64, device=region.device)
    numbers[region] = torch.arange(int(region.sum()), device=region.device)
    padded = torch.nn.functional.pad(numbers, (reach,) * 4, value=-1)
    height, width = region.shape[1:]
    offsets = [(dy, dx) for dy in range(window) for dx in range(window)]
    neighbours = [padded[:, dy : dy + height, dx : dx + width][region] for dy, dx in offsets]
    squares = [float((dy - reach) ** 2 + (dx - reach) ** 2) for dy, dx in offsets]
    return torch.stack(neighbours), torch.tensor(squares, device=region.device)


@torch.no_grad()
def share_gradients(
    gradient: Tensor,
    colours: Tensor,
    neighbours: Tensor,
    distances: Tensor,
    sigma_s: float,
    sigma_c: float,
    reading: SharingReading,
) -> Tensor:
    """Average each pixel's gradient with its neighbours', paper eq. 13.

    The weights of eq. 14 are lost in the paper's text. ``"product"`` reads them as
    ``exp(-sigma_s d^2 - sigma_c |dc|^2)``, ``"gaussian"`` as
    ``exp(-d^2 / (2 sigma_s^2) - |dc|^2 / (2 sigma_c^2))``, with d in pixels; they sum to one over
    the neighbours that lie inside the region.

    Parameters
    ----------
    gradient, colours : Tensor, float, shape (P, 3)
        Of the P pixels of the region.
    neighbours, distances : Tensor
        From :func:`neighbour_table`.
    sigma_s, sigma_c : float
        Spatial and colour constants of eq. 14.
    reading : {"product", "gaussian"}

    Returns
    -------
    Tensor, float, shape (P, 3)
    """
    if reading == "gaussian":
        sigma_s, sigma_c = 0.5 / sigma_s**2, 0.5 / sigma_c**2
    shared = torch.zeros_like(gradient)
    total = gradient.new_zeros(len(gradient), 1)
    for index, distance in zip(neighbours, distances.tolist(), strict=True):
        contrast = (colours[index] - colours).square().sum(dim=1)
        weight = torch.exp(-sigma_s * distance - sigma_c * contrast)
        weight = torch.where(index >= 0, weight, 0.0)[:, None]
        shared += weight * gradient[index]
        total += weight
    return shared / total

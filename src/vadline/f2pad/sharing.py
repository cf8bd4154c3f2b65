"""Local gradient sharing (paper eqs. 13 and 14): a pixel moves along its neighbours' gradients."""

from __future__ import annotations

import torch
from torch import Tensor


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


def sharing_weights(
    colours: Tensor, neighbours: Tensor, distances: Tensor, sigma_s: float, sigma_c: float
) -> Tensor:
    """Weigh each pixel's neighbours by place and colour, paper eq. 14.

    The formula is lost in the paper's text; it is read as ``exp(-sigma_s d^2 - sigma_c |dc|^2)``,
    with d in pixels; weights sum to one over the neighbours that lie inside the region.

    Parameters
    ----------
    colours : Tensor, float, shape (P, 3)
        Of the P pixels of the region.
    neighbours, distances : Tensor
        From :func:`neighbour_table`.

    Returns
    -------
    Tensor, float, shape (window**2, P)
    """
    contrast = torch.stack([(colours[index] - colours).square().sum(dim=1) for index in neighbours])
    weights = torch.exp(-sigma_s * distances[:, None] - sigma_c * contrast)
    weights = torch.where(neighbours >= 0, weights, 0.0)
    return weights / weights.sum(dim=0)


def share(values: Tensor, neighbours: Tensor, weights: Tensor) -> Tensor:
    """Average each pixel's values, float (P, C), with its neighbours', paper eq. 13."""
    shared = torch.zeros_like(values)
    for index, weight in zip(neighbours, weights, strict=True):
        shared.addcmul_(values[index], weight[:, None])
    return shared

"""From a score map to one score an image."""

from __future__ import annotations

from torch import Tensor


def top_k_mean(maps: Tensor, share: float) -> Tensor:
    """Average the highest values of each map (multiple-instance learning, Pang et al. 2021).

    Parameters
    ----------
    maps : Tensor, float32, shape (B, ...)
    share : float
        Of the map's values that are averaged, 0 to 1, rounded down; at least one value is.

    Returns
    -------
    Tensor, float32, shape (B,)
    """
    values = maps.flatten(1)
    count = max(1, int(share * values.shape[1]))
    return values.topk(count, dim=1).values.mean(dim=1)

"""Greedy k-centre coreset selection."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vadline.progress import progress


def random_projection(features: Tensor, width: int | None, seed: int) -> Tensor:
    """Project features onto fewer random directions (Johnson-Lindenstrauss).

    Parameters
    ----------
    features : Tensor, float32, shape (M, C)
    width : int, optional
        Columns to keep; ``None``, or ``C`` and more, returns the features as they are.
    seed : int

    Returns
    -------
    Tensor, float32, shape (M, min(width, C))
        Distances are kept in expectation.
    """
    channels = features.shape[1]
    if width is None or width >= channels:
        return features
    rng = np.random.default_rng((seed, 0xC0DE))
    matrix = rng.normal(scale=width**-0.5, size=(channels, width)).astype(np.float32)
    return features @ torch.from_numpy(matrix).to(features.device)


@torch.inference_mode()
def greedy_k_centre(features: Tensor, size: int, seed: int, desc: str = "coreset") -> Tensor:
    """Pick the rows that cover all others best, one at a time (Roth et al. 2022, alg. 1).

    The first row is drawn at random; every next one is the row farthest from those picked
    (Sener & Savarese 2018). One pass over the features a pick: ``|x - c|^2`` is updated as
    ``|x|^2 - 2 x.c + |c|^2`` by a single fused matrix-vector product.

    Parameters
    ----------
    features : Tensor, float32, shape (M, C)
    size : int
        How many rows to pick; at most ``M`` are.
    seed : int
    desc : str
        What the progress bar says.

    Returns
    -------
    Tensor, int64, shape (min(size, M),)
        Distinct row numbers in the order of picking.
    """
    size = min(size, len(features))
    norms = features.square().sum(dim=1)
    nearest = torch.full_like(norms, torch.inf)
    distance = torch.empty_like(norms)
    picked = torch.empty(size, dtype=torch.int64)
    row = int(np.random.default_rng((seed, 0x5EED)).integers(len(features)))
    for step in progress(range(size), desc=desc, unit="centre"):
        picked[step] = row
        torch.addmv(norms, features, features[row], alpha=-2, out=distance)
        torch.minimum(nearest, distance.add_(norms[row]), out=nearest)
        nearest[row] = -torch.inf  # never twice, also among equal rows
        row = int(nearest.argmax())
    return picked

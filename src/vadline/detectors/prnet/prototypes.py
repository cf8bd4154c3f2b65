"""PRNet's prototypes: what whole feature maps of good parts look like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor


def prototype_maps(maps: Tensor, count: int, seed: int) -> Tensor:
    """Cluster feature maps of good images, each taken as one long vector, by k-means.

    Parameters
    ----------
    maps : Tensor, float32, shape (N, C, h, w)
    count : int
        How many centres; no more than ``N`` are found.
    seed : int
        Of the first centres.

    Returns
    -------
    Tensor, float32, shape (min(count, N), C, h, w)
        The centres, on the device of ``maps``.
    """
    vectors = maps.flatten(1).cpu().numpy()
    centres = vectors
    if count < len(vectors):
        centres = KMeans(count, n_init=1, random_state=seed).fit(vectors).cluster_centers_
    return torch.from_numpy(centres.astype(np.float32)).view(-1, *maps.shape[1:]).to(maps.device)


def residuals(levels: Sequence[Tensor], prototypes: Sequence[Tensor]) -> list[Tensor]:
    """Return the squared differences to the nearest prototype, level by level.

    Parameters
    ----------
    levels : sequence of Tensor, float32, shape (B, C, h, w)
    prototypes : sequence of Tensor, float32, shape (K, C, h, w)
        One for each level; each level has a nearest one of its own.
    """
    found = []
    for level, centres in zip(levels, prototypes, strict=True):
        nearest = torch.cdist(level.flatten(1), centres.flatten(1)).argmin(dim=1)
        found.append((level - centres[nearest]).square())
    return found

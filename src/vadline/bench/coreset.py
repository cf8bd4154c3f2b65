"""Greedy k-centre against anomalib's ``KCenterGreedy``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from vadline.bench.measure import Lap
from vadline.detectors.coreset import Rows, greedy_k_centre
from vadline.detectors.spool import PatchSpool

_CHUNK = 8192


def made_parts(rows: int, channels: int) -> Iterator[Tensor]:
    """Draw features like patches': clusters of many sizes in an eighth of all directions.

    Yields
    ------
    Tensor, float32, shape (n, channels)
        ``rows`` in all, the same at every call.
    """
    rng = np.random.default_rng(0)
    inner = max(2, channels // 8)
    centres = rng.normal(scale=3, size=(200, inner))
    spread = rng.lognormal(sigma=0.5, size=(200, 1))
    mixing = rng.normal(size=(inner, channels))
    for start in range(0, rows, _CHUNK):
        cluster = rng.integers(200, size=min(_CHUNK, rows - start))
        inside = centres[cluster] + spread[cluster] * rng.normal(size=(len(cluster), inner))
        noise = 0.3 * rng.normal(size=(len(cluster), channels))
        yield torch.from_numpy((inside @ mixing + noise).astype(np.float32))


def ours(rows: int, channels: int, size: int, device: str) -> dict[str, Lap]:
    """Pick with :func:`vadline.detectors.coreset.greedy_k_centre`."""
    features = torch.cat(list(made_parts(rows, channels))).to(device)

    def pick(seed: int) -> Callable[[], dict[str, float]]:
        picked = greedy_k_centre(features, size, seed, "ours")
        return lambda: {"radius": radius(features, picked)}

    return {"": pick}


def ours_from_disk(rows: int, channels: int, size: int, device: str) -> dict[str, Lap]:
    """Pick among features that lie on disk in half precision, as a detector's do."""
    spool = PatchSpool(channels, rows, torch.device(device))
    for part in made_parts(rows, channels):
        spool.append(part)

    def pick(seed: int) -> Callable[[], dict[str, float]]:
        picked = greedy_k_centre(spool, size, seed, "ours")
        return lambda: {"radius": radius(spool, picked)}

    return {"": pick}


def anomalib(rows: int, channels: int, size: int, device: str) -> dict[str, Lap]:
    """Pick with anomalib's ``KCenterGreedy``, its random projection included."""
    from anomalib.models.components.sampling import KCenterGreedy

    features = torch.cat(list(made_parts(rows, channels))).to(device)

    def pick(seed: int) -> Callable[[], dict[str, float]]:
        torch.manual_seed(seed)  # anomalib draws from the global generator
        picked = KCenterGreedy(features, (size + 0.5) / rows).select_coreset_idxs()
        return lambda: {"radius": radius(features, torch.tensor(picked))}

    return {"": pick}


def radius(features: Rows, picked: Tensor) -> float:
    """Return the largest distance of a row to its nearest picked one."""
    centres = features[picked].double()
    return max(
        float(torch.cdist(part.double(), centres).amin(dim=1).max())
        for part in features.split(_CHUNK)
    )

"""The memory bank: a coreset of all normal patches."""

from __future__ import annotations

import logging
import tempfile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.backbones import FeatureExtractor
from vadline.detectors.coreset import WORKING_MEGABYTES, greedy_k_centre, random_projection
from vadline.detectors.params import PatchCoreParams
from vadline.detectors.patches import batches, extract, grid_of, grid_roi
from vadline.detectors.spool import PatchSpool
from vadline.progress import progress

logger = logging.getLogger(__name__)


def build_bank(
    extractor: FeatureExtractor,
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    params: PatchCoreParams,
    seed: int,
    roi: NDArray[np.bool_] | None,
    batch_size: int,
    name: str,
) -> Tensor:
    """Choose the patches to remember (Roth et al. 2022, section 3.2).

    Parameters
    ----------
    extractor : FeatureExtractor
    images : ndarray, uint8, shape (N, H, W, 3)
    rows : ndarray, int64
        The normal images.
    params : PatchCoreParams
    seed : int
        Of the candidates, the projection and the first centre.
    roi : ndarray, bool, shape (H, W), optional
        Patches wholly outside are left out.
    batch_size : int
        Images a forward pass.
    name : str
        What the log and the progress bars say.

    Returns
    -------
    Tensor, float32, shape (M, C)
        On the extractor's device. Values are rounded to half precision.
    """
    inside = np.flatnonzero(grid_roi(roi, grid_of(extractor, images)))
    quota = len(inside)
    if params.candidate_patches:
        quota = max(1, min(quota, params.candidate_patches // len(rows)))
    total, channels = len(rows) * quota, sum(extractor.channels)
    width = params.projection_dim if (params.projection_dim or channels) < channels else None
    _tell_cost(name, len(rows), total, channels, width)
    device = extractor.mean.device
    patches = covered = PatchSpool(channels, total, device)
    if width:
        matrix = random_projection(width, channels, seed).to(device)
        covered = PatchSpool(width, total, device)
    rng = np.random.default_rng((seed, 0xBA7C))
    with progress(total=len(rows), desc=f"{name}: features", unit="image") as bar:
        for _, batch in batches(images, rows, batch_size):
            for image in extract(extractor, batch, params.pool).flatten(1, 2):
                chosen = np.sort(rng.choice(inside, quota, replace=False, shuffle=False))
                features = image[torch.from_numpy(chosen).to(device)]
                patches.append(features)
                if width:
                    covered.append(features @ matrix)
            bar.update(len(batch))
    size = params.coreset_size or max(1, round(params.coreset_ratio * total))
    return patches[greedy_k_centre(covered, size, seed, f"{name}: coreset")]


def _tell_cost(name: str, images: int, patches: int, channels: int, width: int | None) -> None:
    logger.info(
        "%s: %d patches x %d channels of %d images will take %.0f MB of %s, and %.0f MB of memory "
        "besides the backbone",
        name,
        patches,
        channels,
        images,
        patches * (channels + (width or 0)) * 2 / 1e6,
        tempfile.gettempdir(),
        patches * 8 / 1e6 + WORKING_MEGABYTES,
    )

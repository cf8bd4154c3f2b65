"""The memory bank: a coreset of all normal patches."""

from __future__ import annotations

import logging
import tempfile

import numpy as np
import torch
from torch import Tensor

from vadline.detectors.coreset import WORKING_MEGABYTES, greedy_k_centre, random_projection
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.params import PatchCoreParams
from vadline.detectors.patches import extract, grid_of, grid_roi
from vadline.detectors.spool import PatchSpool
from vadline.detectors.training_set import TrainingSet

logger = logging.getLogger(__name__)


def build_bank(
    detector: OnBackbone, params: PatchCoreParams, training: TrainingSet, seed: int
) -> Tensor:
    """Choose the patches to remember (Roth et al. 2022, section 3.2); see `PatchCore.fit`.

    Returns
    -------
    Tensor, float32, shape (M, C)
        On the detector's device. Values are rounded to half precision.
    """
    device, name = detector.device, detector.name
    images, rows = training.images, training.rows
    inside = np.flatnonzero(grid_roi(training.roi, grid_of(detector.extractor, images)))
    quota = len(inside)
    if params.candidate_patches:
        quota = max(1, min(quota, params.candidate_patches // len(rows)))
    total, channels = len(rows) * quota, sum(detector.extractor.channels)
    width = params.projection_dim if (params.projection_dim or channels) < channels else None
    _tell_cost(name, len(rows), total, channels, width)
    patches = covered = PatchSpool(channels, total, device)
    if width:
        matrix = random_projection(width, channels, seed).to(device)
        covered = PatchSpool(width, total, device)
    rng = np.random.default_rng((seed, 0xBA7C))
    for batch in detector.batches(images, rows):
        for image in extract(detector.frozen, batch, params.pool).flatten(1, 2):
            chosen = np.sort(rng.choice(inside, quota, replace=False, shuffle=False))
            features = image[torch.from_numpy(chosen).to(device)]
            patches.append(features)
            if width:
                covered.append(features @ matrix)
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

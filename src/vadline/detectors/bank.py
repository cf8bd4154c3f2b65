"""The memory bank: a coreset of all normal patches."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.coreset import (
    BYTES_A_ROW,
    WORKING_MEGABYTES,
    greedy_k_centre,
    random_projection,
)
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.params import PatchCoreParams
from vadline.detectors.patches import extract, grid_of, grid_roi
from vadline.detectors.spool import PatchSpool, SpooledBlocks
from vadline.detectors.training_set import TrainingSet

logger = logging.getLogger(__name__)

_LEAST_GROWN = 4000  # patches that a growing bank begins with


def build_banks(
    detector: OnBackbone,
    params: PatchCoreParams,
    training: TrainingSet,
    left_out: Sequence[NDArray[np.bool_]],
    seed: int,
) -> Iterator[Tensor]:
    """Choose the patches to remember (Roth et al. 2022, section 3.2); see `PatchCore.fit`.

    All images' features are computed once. What a bank is chosen from is then read from the disk,
    so that nothing of the images left out can reach it: which patches of an image are candidates
    depends on the seed and on the image's row, and how many on the number of images.

    Parameters
    ----------
    left_out : sequence of ndarray, bool, shape (n,)
        For each bank, which of ``training.rows`` it must not know.

    Yields
    ------
    Tensor, float32, shape (M, C)
        For each of ``left_out``, on the detector's device. Values are rounded to half precision.

    Raises
    ------
    VadlineError
        If a bank would have no image, before the work starts.
    """
    for out in left_out:
        training.without(out).require_images(detector.name)
    inside = np.flatnonzero(grid_roi(training.roi, grid_of(detector.extractor, training.images)))
    kept = [np.flatnonzero(~out) for out in left_out]
    quotas = [_quota(params, len(inside), len(images)) for images in kept]
    length = max(quotas)
    patches, covered = _spooled(detector, params, training, inside, length, seed)
    for images, quota in zip(kept, quotas, strict=True):
        size = _bank_size(params, len(images) * len(inside))
        chosen = greedy_k_centre(
            SpooledBlocks(covered, length, images, quota), size, seed, f"{detector.name}: coreset"
        )
        yield SpooledBlocks(patches, length, images, quota)[chosen]


def _quota(params: PatchCoreParams, inside: int, images: int) -> int:
    """Return how many patches of each image are candidates."""
    if params.candidate_patches is None:
        return inside
    return max(1, min(inside, params.candidate_patches // images))


def _bank_size(params: PatchCoreParams, patches: int) -> int:
    """Return how many patches are kept, of so many in all images."""
    if params.coreset_size:
        return params.coreset_size
    grown = max(_LEAST_GROWN, round(params.coreset_ratio * patches))
    return min(grown, params.coreset_most)


def _spooled(
    detector: OnBackbone,
    params: PatchCoreParams,
    training: TrainingSet,
    inside: NDArray[np.int64],
    length: int,
    seed: int,
) -> tuple[PatchSpool, PatchSpool]:
    """Write ``length`` patches of each image, and the same as the coreset sees them."""
    device, rows = detector.device, training.rows
    channels, total = sum(detector.extractor.channels), len(rows) * length
    width = params.projection_dim if (params.projection_dim or channels) < channels else None
    _tell_cost(detector.name, len(rows), total, channels, width)
    patches = covered = PatchSpool(channels, total, device)
    if width:
        matrix = random_projection(width, channels, seed).to(device)
        covered = PatchSpool(width, total, device)
    waiting = iter(rows.tolist())
    for batch in detector.batches(training.images, rows):
        for image in extract(detector.frozen, batch, params.pool).flatten(1, 2):
            chosen = inside
            row = next(waiting)
            if params.candidate_patches is not None:
                # In the order drawn: a bank that takes fewer of each image takes the first.
                chosen = np.random.default_rng((seed, 0xBA7C, row)).permutation(inside)[:length]
            features = image[torch.from_numpy(chosen).to(device)]
            patches.append(features)
            if width:
                covered.append(features @ matrix)
    return patches, covered


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
        patches * BYTES_A_ROW / 1e6 + WORKING_MEGABYTES,
    )

"""Learning from tiles: which tile of which photograph teaches what."""

from __future__ import annotations

import dataclasses
import logging

import numpy as np
from numpy.typing import NDArray

from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.images.tiles import TileParams, Tiles, Tiling

logger = logging.getLogger(__name__)


def training_of_tile(training: TrainingSet, tiling: Tiling, tile: int) -> TrainingSet:
    """Return what there is to learn from at one tile of all photographs, in their order.

    The region of interest is the tile's own. Labels are the photographs': only a detector that
    learns from good ones is of a place.
    """
    window = tiling.windows[tile]
    return dataclasses.replace(
        training,
        images=Tiles(training.images, tiling),
        rows=tiling.rows(training.rows, tile),
        masks=None if training.masks is None else Tiles(training.masks, tiling),
        roi=None if training.roi is None else training.roi[window],
        fingerprint=f"{training.fingerprint} tile {tile} of {tiling}",
    )


def cut_training(
    training: TrainingSet, params: TileParams
) -> tuple[TrainingSet, NDArray[np.int64]]:
    """Make every tile an image to learn from.

    A tile of a bad part is bad where the part's mask marks it; of a part whose mask is not known
    there is no telling, and it teaches nothing. Tiles wholly outside of the region of interest are
    left out; as pixels outside were blanked, the others are learnt from as they are.

    Returns
    -------
    tiles : TrainingSet
        Without a region of interest; all masks are known.
    parts : ndarray, int64
        For each tile that is learnt from, the number of its photograph among ``training.rows``.

    Raises
    ------
    VadlineError
        If parts are bad and none has a mask.
    """
    tiling = Tiling.of(params, training.images.shape[1:3])
    count = len(tiling)
    roi = np.ones(tiling.size, bool) if training.roi is None else training.roi
    seen = np.array([roi[window].any() for window in tiling.windows])
    bad = np.zeros(len(training.rows), bool) if training.bad is None else training.bad
    told = ~bad
    if training.mask_known is not None and training.masks is not None:
        told |= training.mask_known
    marked = np.zeros((len(bad), count), bool)
    for part in np.flatnonzero(bad & told):
        mask = training.masks[int(training.rows[part])] * roi  # type: ignore[index]  # as told says
        marked[part] = [mask[window].any() for window in tiling.windows]
    told[bad] &= marked[bad].any(axis=1)
    if bad.any() and not (bad & told).any():
        raise VadlineError(
            f"images.tiles: none of {bad.sum()} bad parts has a mask that tells which of its "
            "tiles are bad: draw masks, or leave detectors that learn from bad parts out of "
            "line.detectors"
        )
    if lost := int((~told).sum()):
        logger.info("Tiles: %d bad parts without a mask teach nothing", lost)
    chosen = (told[:, None] & seen).ravel()
    masks = None if training.masks is None else Tiles(training.masks, tiling)
    tiles = TrainingSet(
        Tiles(training.images, tiling),
        tiling.all_rows(training.rows)[chosen],
        None if training.bad is None else marked.ravel()[chosen],
        masks,
        None if masks is None else np.ones(int(chosen.sum()), bool),
        None,
        f"{training.fingerprint} in tiles {params.model_dump_json()}",
    )
    return tiles, np.repeat(np.arange(len(bad)), count)[chosen]

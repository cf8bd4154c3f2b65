"""Masks for bad training images that have none, from a memory bank of the good ones.

A switch to try: the paper's bad images all have masks.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.detectors import AnomalyMaps, Detector, PatchCoreParams, TrainingSet, unfitted
from vadline.images.arrays import Images
from vadline.images.tiles import TileParams

logger = logging.getLogger(__name__)

QUANTILE = 0.999
"""Of good training pixels, beyond which a bad image's pixel is marked."""
GOODS = 50
"""Good images whose pixels say what is usual."""


class WithMasks:
    """Masks of which some are replaced; reads as an array does.

    Parameters
    ----------
    masks : array, uint8, shape (N, H, W), optional
        All others, empty where this is left out.
    shape : tuple of int
        (N, H, W).
    own : mapping
        Those that are replaced, by their rows: (H, W) each.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self, masks: Images | None, shape: tuple[int, ...], own: Mapping[int, NDArray[np.uint8]]
    ) -> None:
        self._masks, self._own, self.shape = masks, own, shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | NDArray[np.int64], /) -> NDArray[Any]:
        """Read one, or some in any order."""
        if np.ndim(rows):
            return np.stack([self[int(row)] for row in np.asarray(rows)])
        if (row := int(rows)) in self._own:
            return self._own[row]
        return np.zeros(self.shape[1:], np.uint8) if self._masks is None else self._masks[row]


def with_pseudo_masks(
    training: TrainingSet, network: BackboneParams, seed: int, tiles: TileParams | None = None
) -> TrainingSet:
    """Mark bad images without a known mask where they lie far from good ones.

    Parameters
    ----------
    training : TrainingSet
        Good and bad images.
    network : BackboneParams
        Of the bank's features, as pretrained.
    tiles : TileParams, optional
        How the bank's photographs are cut.

    Returns
    -------
    TrainingSet
        Images in which nothing is marked are left without a mask. The same set where none lacks
        one, or it has been marked before.
    """
    if isinstance(training.masks, WithMasks):
        return training
    bad = np.zeros(len(training.rows), bool) if training.bad is None else training.bad
    known = ~bad if training.mask_known is None else training.mask_known
    lacking, goods = np.flatnonzero(bad & ~known), training.without(bad)
    if not len(lacking) or len(goods.rows) < 2:
        return training
    # Half of the goods say what is usual: those in the bank are at no distance from it.
    asked = np.arange(len(goods.rows)) % 2 == 1
    bank = unfitted(PatchCoreParams(backbone=network, tiles=tiles), "pseudo-masks")
    bank.fit(goods.without(asked), seed)
    rows, usual_rows = training.rows[lacking], goods.rows[asked][:GOODS]
    usual, found = (_pixels(bank, training, each) for each in (usual_rows, rows))
    threshold = np.quantile(usual, QUANTILE)
    marked = (found > threshold).astype(np.uint8)
    now = known.copy()
    now[lacking] = marked.any(axis=(1, 2))
    logger.info("APC: %d of %d bad parts without a mask get one", now[lacking].sum(), len(rows))
    own = dict(zip(rows.tolist(), marked, strict=True))
    masks = WithMasks(training.masks, training.images.shape[:3], own)
    return dataclasses.replace(training, masks=masks, mask_known=now)


def _pixels(bank: Detector, training: TrainingSet, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    grid, _ = bank.score(training.images, rows, training.roi)
    maps = AnomalyMaps.by(bank.params, grid, training.images.shape[1:3])
    return maps.pixels(np.arange(len(rows)))

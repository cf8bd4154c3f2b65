"""What the fine-tuning learns from: photographs as they are, or their tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vadline.apc.params import APCParams
from vadline.apc.pseudo_masks import with_pseudo_masks
from vadline.detectors import TrainingSet, cut_training
from vadline.images.tiles import Tiles


def prepared(
    training: TrainingSet, params: APCParams, seed: int
) -> tuple[TrainingSet, NDArray[np.int64]]:
    """Mark bad parts without a mask, where that is asked for, and cut photographs into tiles.

    Tiles need masks: which of a bad part's tiles are bad is not known otherwise.

    Returns
    -------
    training : TrainingSet
        The same one where it has been prepared before.
    parts : ndarray, int64
        For each image that is learnt from, the number of its photograph among ``training.rows``.
    """
    if not isinstance(training.images, Tiles):
        if params.pseudo_masks or params.tiles:
            training = with_pseudo_masks(training, params.network(), seed, params.tiles)
        if params.tiles:
            return cut_training(training, params.tiles)
    return training, np.arange(len(training.rows))

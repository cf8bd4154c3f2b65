"""The roles of the training images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vadline.splits.draws import share_of
from vadline.splits.params import SplitParams

Indices = NDArray[np.int64]


_FOREST_GOODS = 2  # rounding must not take them from a small folder
HOLDOUT_GOODS = _FOREST_GOODS + 2
"""With so many training goods every role of ``holdout`` that has a share has an image."""


def share_all(
    goods: Indices, bads: Indices, params: SplitParams, rng: np.random.Generator
) -> dict[str, Indices]:
    """Let every training image teach all that it can, as under ``cross_fit``.

    Folds, not roles, keep what is learnt from an image out of what is said of it. As
    :func:`assign_roles` otherwise.
    """
    everything = np.concatenate([goods, bads])
    roles = dict.fromkeys(("finetune", "classifier", "forest"), everything)
    return {"detector": goods, **roles, "calibration": goods}


def assign_roles(
    goods: Indices,
    bads: Indices,
    params: SplitParams,
    rng: np.random.Generator,
) -> dict[str, Indices]:
    """Divide the training images among the roles, as under ``holdout``.

    Of the goods, ``detector_share`` are ``detector`` and ``finetune``, ``calibration_share`` are
    ``calibration``, the rest are ``forest``. The bads are divided into ``finetune``,
    ``finetune_bads`` of them but at most half, and ``forest``: maps of images that the extractor
    was tuned on would show the forest a contrast that new images lack. A single bad plays both.
    ``classifier`` is ``classifier_share`` of all; it may share images with every role but
    ``calibration``.

    Parameters
    ----------
    goods : ndarray, int64
        Training goods, shuffled.
    bads : ndarray, int64
        Training bads, in an order whose prefixes are uniform over their kinds.

    Returns
    -------
    dict of str to ndarray, int64
        The images of ``detector``, ``finetune``, ``classifier``, ``forest``, ``calibration``.
    """
    forest_has_share = params.detector_share + params.calibration_share < 1
    n_detector = share_of(len(goods), params.detector_share)
    if len(goods) >= HOLDOUT_GOODS and forest_has_share:
        n_detector = min(n_detector, len(goods) - _FOREST_GOODS - 1)
    n_calibration = min(share_of(len(goods), params.calibration_share), len(goods) - n_detector)
    if n_calibration >= len(goods) - n_detector > 1 and forest_has_share:
        n_calibration = max(1, len(goods) - n_detector - _FOREST_GOODS)
    detector, calibration, forest = np.split(goods, [n_detector, n_detector + n_calibration])
    n_tune = min(params.finetune_bads, max(1, len(bads) // 2), len(bads))
    forest_bads = bads[n_tune:] if len(bads) > 1 else bads
    kept_goods = np.concatenate([detector, forest])
    n_goods = min(share_of(len(goods), params.classifier_share), len(kept_goods))
    n_bads = share_of(len(bads), params.classifier_share)
    return {
        "detector": detector,
        "finetune": np.concatenate([detector, bads[:n_tune]]),
        "classifier": np.concatenate(
            [rng.permutation(kept_goods)[:n_goods], rng.permutation(bads)[:n_bads]]
        ),
        "forest": np.concatenate([forest, forest_bads]),
        "calibration": calibration,
    }

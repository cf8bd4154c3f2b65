"""The roles of the training images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vadline.splits.draws import share_of

Indices = NDArray[np.int64]


_FOREST_GOODS = 2  # rounding must not take them from a small folder


@dataclass(frozen=True)
class RoleShares:
    """How training images are divided among their roles; see `make_split`.

    Attributes
    ----------
    detector, calibration : float
        Shares of the training goods, disjoint; the rest are the forest's.
    classifier : float
        Share of the training goods and of the training bads.
    finetune_bads : int
        The most bads for the extractor.
    """

    detector: float
    calibration: float
    classifier: float
    finetune_bads: int


def assign_roles(
    goods: Indices,
    bads: Indices,
    shares: RoleShares,
    rng: np.random.Generator,
) -> dict[str, Indices]:
    """Divide the training images among the roles.

    Parameters
    ----------
    goods : int64 ndarray
        Training goods, shuffled.
    bads : int64 ndarray
        Training bads, in an order whose prefixes are uniform over their kinds.
    shares : RoleShares
    rng : numpy.random.Generator
        Draws the classifier's images.

    Returns
    -------
    dict of str to int64 ndarray
        The images of ``detector``, ``finetune``, ``classifier``, ``forest``, ``calibration``.
    """
    n_detector = share_of(len(goods), shares.detector)
    if len(goods) >= _FOREST_GOODS + 2 and shares.detector + shares.calibration < 1:
        n_detector = min(n_detector, len(goods) - _FOREST_GOODS - 1)
    n_calibration = min(share_of(len(goods), shares.calibration), len(goods) - n_detector)
    if n_calibration >= len(goods) - n_detector > 1 and shares.detector + shares.calibration < 1:
        n_calibration = max(1, len(goods) - n_detector - _FOREST_GOODS)
    detector, calibration, forest = np.split(goods, [n_detector, n_detector + n_calibration])
    n_tune = min(shares.finetune_bads, max(1, len(bads) // 2), len(bads))
    forest_bads = bads[n_tune:] if len(bads) > 1 else bads
    kept_goods = np.concatenate([detector, forest])
    n_goods = min(share_of(len(goods), shares.classifier), len(kept_goods))
    n_bads = share_of(len(bads), shares.classifier)
    return {
        "detector": detector,
        "finetune": np.concatenate([detector, bads[:n_tune]]),
        "classifier": np.concatenate(
            [rng.permutation(kept_goods)[:n_goods], rng.permutation(bads)[:n_bads]]
        ),
        "forest": np.concatenate([forest, forest_bads]),
        "calibration": calibration,
    }

"""What the heads say of training parts that their network has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from vadline.apc.batches import BatchMaker
from vadline.apc.losses import batch_losses
from vadline.apc.network import APCNetwork
from vadline.metrics.image import image_auroc

GOODS = 20
"""Good parts judged of each fold, beside all bad ones."""
HELD_OUT_COLUMNS = ("epoch", "held_out_loss", "held_out_auroc")

Judged = list[tuple[float, float, int]]
"""Of each part: the weighted loss (eq. 1), the logit of "anomalous", and 1 where it is bad."""


class HeldOut:
    """Judges parts of a fold by a network: all bad ones, and up to `GOODS` good ones.

    Parameters
    ----------
    maker : BatchMaker
        Of the set that the parts are of; its seed draws them.
    fold : ndarray, bool, shape (n,)
        Which of the maker's rows are the fold's.
    """

    def __init__(self, maker: BatchMaker, fold: NDArray[np.bool_]) -> None:
        self._maker = maker
        self._fold = fold

    @torch.no_grad()
    def __call__(self, network: APCNetwork) -> Judged:
        """Judge the parts as they are, one by one; the network is left in training mode."""
        maker, judged = self._maker, []
        bad = maker.labels == 1
        rng = np.random.default_rng([maker.seed, 0x0F01D])
        goods = rng.permutation(np.flatnonzero(self._fold & ~bad))[:GOODS]
        network.eval()
        for index in [*goods.tolist(), *np.flatnonzero(self._fold & bad).tolist()]:
            said, losses = batch_losses(network, maker.plain(index))
            logit = 0.0 if said.cls is None else said.cls.item()
            judged.append((losses.total.item(), logit, int(bad[index])))
        network.train()
        return judged


def summarise_held_out(folds: Sequence[Sequence[Judged]], epochs: int) -> pd.DataFrame:
    """Put what all folds' networks say together.

    Parameters
    ----------
    folds : sequence of sequence
        For each fold, what was said after each epoch; there may be more than ``epochs``.

    Returns
    -------
    DataFrame
        A row per epoch: ``epoch`` from 1, ``held_out_loss``, in which good and bad parts count
        equally, and ``held_out_auroc``, the image AUROC of the logits, a fraction; NaN where there
        are no good or no bad parts.
    """
    rows = []
    for epoch in range(1, epochs + 1):
        table = np.array([part for fold in folds for part in fold[epoch - 1]]).reshape(-1, 3)
        loss, logit, bad = table[:, 0], table[:, 1], table[:, 2] == 1
        if bad.all() or not bad.any():
            rows.append((epoch, np.nan, np.nan))
            continue
        mean = (loss[bad].mean() + loss[~bad].mean()) / 2
        rows.append((epoch, mean, image_auroc(bad, logit)))
    return pd.DataFrame(rows, columns=list(HELD_OUT_COLUMNS))

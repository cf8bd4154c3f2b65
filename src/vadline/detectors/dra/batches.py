"""What DRA learns from: good images, known bads, and pseudo anomalies of the goods."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.defects.pseudo_anomalies import paste_rectangle
from vadline.detectors.dra.heads import GOOD, PSEUDO, SEEN
from vadline.detectors.supervised.batches import LabelledBatch


def with_pseudo_anomalies(
    batch: LabelledBatch, rng: np.random.Generator, roi: NDArray[np.bool_] | None = None
) -> tuple[Tensor, Tensor]:
    """Add to a batch a pseudo anomaly of each of its goods, with a piece of the next good.

    Returns
    -------
    images : Tensor, uint8, shape (B + G, H, W, 3)
        Of a batch of B images, G of them good.
    kinds : Tensor, int64, shape (B + G,)
        ``GOOD``, ``SEEN`` or ``PSEUDO``.
    """
    goods = batch.images[~batch.bad].numpy()
    sources = np.roll(goods, 1, axis=0)
    pseudo = [
        paste_rectangle(good, source, rng, roi)[0]
        for good, source in zip(goods, sources, strict=True)
    ]
    kinds = torch.where(batch.bad, SEEN, GOOD)
    images = torch.cat([batch.images, torch.from_numpy(np.stack(pseudo))])
    return images, torch.cat([kinds, torch.full((len(pseudo),), PSEUDO)])

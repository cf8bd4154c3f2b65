"""What PRNet learns from: goods, known bads, their defects on goods, and synthetic defects."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from vadline.defects.pseudo_anomalies import paste_defect, paste_texture
from vadline.detectors.supervised.batches import LabelledBatch


def extended(
    batch: LabelledBatch,
    rng: np.random.Generator,
    roi: NDArray[np.bool_] | None = None,
    *,
    synthetic: float,
    pasted: float,
) -> LabelledBatch:
    """Let made defects take the place of some bads (Zhang et al. 2023).

    A made defect lies on a good image that is drawn from the batch's own.

    Parameters
    ----------
    roi : ndarray, bool, shape (H, W), optional
        Where defects are made.
    synthetic : float
        Chance of a bad to become a synthetic defect, a spot of another image's texture.
    pasted : float
        Chance of another bad whose mask is known and not empty to have its defect cut out and
        pasted on a good one.

    Returns
    -------
    LabelledBatch
        As many images; all made defects have known masks.
    """
    images, masks = batch.images.numpy().copy(), batch.masks.numpy().copy()
    known = batch.mask_known.numpy().copy()
    goods = batch.images[~batch.bad].numpy()
    for i in np.flatnonzero(batch.bad.numpy()):
        good, source = goods[rng.integers(len(goods), size=2)]
        if rng.random() < synthetic:
            images[i], masks[i] = paste_texture(good, source, rng, roi)
            known[i] = True
        elif known[i] and masks[i].any() and rng.random() < pasted:
            images[i], masks[i] = paste_defect(good, images[i], masks[i], rng, roi)
    return dataclasses.replace(
        batch,
        images=torch.from_numpy(images),
        masks=torch.from_numpy(masks),
        mask_known=torch.from_numpy(known),
    )

"""From drawn indices to a training batch: read, paste, augment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vadline.apc.augment import augment
from vadline.apc.params import APCParams
from vadline.apc.sampling import draw_epoch
from vadline.defects.cut_paste import cut_paste

logger = logging.getLogger(__name__)


class FinetuneBatch(NamedTuple):
    """One batch, not yet normalised."""

    images: Tensor  # uint8 (B, H, W, 3)
    labels: Tensor  # float32 (B,), 1 = anomalous
    masks: Tensor  # uint8 {0, 1} (B, H, W)
    mask_known: Tensor  # bool (B,)


class BatchMaker:
    """Makes any epoch's batches, each a function of (seed, epoch, step) alone.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
        May be memory-mapped; only drawn images are read.
    labels : ndarray, {0, 1}, shape (N,)
    masks : ndarray, {0, 1}, shape (N, H, W)
    mask_known : ndarray, bool, shape (N,)
    params : APCParams
        FinetuneBatch size, augmentation and CutPaste settings.
    seed : int
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        masks: np.ndarray,
        mask_known: np.ndarray,
        params: APCParams,
        seed: int,
    ) -> None:
        self.images, self.masks = images, masks
        self.labels = np.asarray(labels).astype(np.int64)
        self.mask_known = np.array(mask_known, dtype=bool)
        self.params = params
        self.seed = seed
        # A defect too thin to survive resizing has an empty mask, which would call it normal.
        for index in np.flatnonzero((self.labels == 1) & self.mask_known):
            self.mask_known[index] = np.any(masks[index])
        self.sources = np.flatnonzero((self.labels == 1) & self.mask_known)
        self.normals = np.flatnonzero(self.labels == 0)
        if params.cutpaste and params.cutpaste_share > 0 and len(self.sources) == 0:
            logger.info("APC: no anomalous image has a mask, so CutPaste has nothing to paste.")

    def epoch(self, epoch: int, steps: int) -> Iterator[FinetuneBatch]:
        """Yield the balanced batches of an epoch, ``steps`` of them."""
        drawn = draw_epoch(
            self.labels,
            batch_size=self.params.batch_size,
            steps=steps,
            seed=self.seed,
            epoch=epoch,
        )
        for step, indices in enumerate(drawn):
            yield self.make(indices, epoch=epoch, step=step)

    def make(self, indices: np.ndarray, *, epoch: int, step: int) -> FinetuneBatch:
        """Return the batch of these indices, int64 (B,), at this epoch and step."""
        rng = np.random.default_rng([self.seed, epoch, 1 + step])
        samples = [self._sample(int(index), rng) for index in indices]
        images, masks, known = zip(*samples, strict=True)
        return FinetuneBatch(
            images=torch.from_numpy(np.stack(images)),
            labels=torch.from_numpy(self.labels[indices]).to(torch.float32),
            masks=torch.from_numpy(np.stack(masks)),
            mask_known=torch.tensor(known),
        )

    def _sample(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
        params = self.params
        paste = params.cutpaste and self.labels[index] == 1 and len(self.sources) > 0
        if paste and rng.random() < params.cutpaste_share:
            # A drawn image without a mask lends its turn to one that has a defect to cut.
            source = index if index in self.sources else int(rng.choice(self.sources))
            image, mask = cut_paste(
                np.asarray(self.images[int(rng.choice(self.normals))]),
                np.asarray(self.images[source]),
                np.asarray(self.masks[source]),
                rng,
                saturation=params.cutpaste_saturation,
                flip=params.cutpaste_flip,
                shift=params.cutpaste_shift,
            )
            known = True
        else:
            image, mask = np.asarray(self.images[index]), np.asarray(self.masks[index])
            known = bool(self.mask_known[index])
        if params.augment:
            image, mask = augment(
                image, mask, rng, flips=params.augment_flips, jitter=params.augment_jitter
            )
        return image, mask, known

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
from vadline.detectors import TrainingSet

logger = logging.getLogger(__name__)


class FinetuneBatch(NamedTuple):
    """One batch, not yet normalised."""

    images: Tensor  # uint8 (B, H, W, 3)
    labels: Tensor  # float32 (B,), 1 = anomalous
    masks: Tensor  # uint8 {0, 1} (B, H, W)
    mask_known: Tensor  # bool (B,)
    roi: Tensor | None  # bool (B, H, W), flipped as the images are; None for everything


class BatchMaker:
    """Makes any epoch's batches, each a function of (seed, epoch, step) alone.

    Parameters
    ----------
    training : TrainingSet
        Only drawn images are read, one by one.
    params : APCParams
        Batch size, augmentation and CutPaste settings.

    Attributes
    ----------
    labels : ndarray, int64 {0, 1}, shape (n,)
        Of the training set's rows; 1 = anomalous.
    mask_known : ndarray, bool, shape (n,)
        A bad one's is known only where it has a pixel inside of the region.
    roi : ndarray, bool, shape (H, W), or None
        None where everything counts.
    """

    def __init__(self, training: TrainingSet, params: APCParams, seed: int) -> None:
        self.training = training
        self.params = params
        self.seed = seed
        self.roi = None if training.roi is None or training.roi.all() else training.roi
        bad = np.zeros(len(training.rows), bool) if training.bad is None else training.bad
        self.labels = np.asarray(bad).astype(np.int64)
        known = self.labels == 0 if training.mask_known is None else training.mask_known
        self.mask_known = np.array(known, dtype=bool)
        # A defect too thin to survive resizing has an empty mask, which would call it normal; so
        # would one outside of the region.
        for index in np.flatnonzero((self.labels == 1) & self.mask_known):
            self.mask_known[index] = np.any(self._mask(int(index)))
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
        images, masks, known, regions = zip(*samples, strict=True)
        return FinetuneBatch(
            images=torch.from_numpy(np.stack(images)),
            labels=torch.from_numpy(self.labels[indices]).to(torch.float32),
            masks=torch.from_numpy(np.stack(masks)),
            mask_known=torch.tensor(known),
            roi=None if self.roi is None else torch.from_numpy(np.stack(regions)),
        )

    def plain(self, index: int) -> FinetuneBatch:
        """Return one image as it is, neither pasted on nor augmented, as a batch."""
        return FinetuneBatch(
            images=torch.from_numpy(np.array(self._image(index))[None]),
            labels=torch.tensor([float(self.labels[index])]),
            masks=torch.from_numpy(np.array(self._mask(index))[None]),
            mask_known=torch.tensor([bool(self.mask_known[index])]),
            roi=None if self.roi is None else torch.from_numpy(self.roi[None]),
        )

    def _image(self, index: int) -> np.ndarray:
        return np.asarray(self.training.images[int(self.training.rows[index])])

    def _mask(self, index: int) -> np.ndarray:
        if self.training.masks is None:
            return np.zeros(self.training.images.shape[1:3], np.uint8)
        mask = np.asarray(self.training.masks[int(self.training.rows[index])])
        return mask if self.roi is None else mask & self.roi

    def _sample(
        self, index: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, bool, np.ndarray | None]:
        params, roi = self.params, self.roi
        paste = params.cutpaste and self.labels[index] == 1 and len(self.sources) > 0
        if paste and rng.random() < params.cutpaste_share:
            # A drawn image without a mask lends its turn to one that has a defect to cut.
            source = index if index in self.sources else int(rng.choice(self.sources))
            image, mask = cut_paste(
                self._image(int(rng.choice(self.normals))),
                self._image(source),
                self._mask(source),
                rng,
                roi,
                saturation=params.cutpaste_saturation,
                flip=params.cutpaste_flip,
                shift=params.cutpaste_shift,
            )
            known = True
        else:
            image, mask = self._image(index), self._mask(index)
            known = bool(self.mask_known[index])
        if params.augment:
            image, mask, roi = augment(
                image, mask, rng, roi, flips=params.augment_flips, jitter=params.augment_jitter
            )
        return image, mask, known, roi

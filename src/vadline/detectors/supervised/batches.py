"""Batches of good and bad images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError


@dataclass(frozen=True)
class LabelledBatch:
    """B images to learn from.

    Attributes
    ----------
    images : Tensor, uint8, shape (B, H, W, 3)
    bad : Tensor, bool, shape (B,)
    masks : Tensor, uint8 {0, 1}, shape (B, H, W)
        Defect pixels; all 0 where they are not known.
    mask_known : Tensor, bool, shape (B,)
    """

    images: Tensor
    bad: Tensor
    masks: Tensor
    mask_known: Tensor


def balanced_batches(
    training: TrainingSet, batch_size: int, steps: int, seed: int, name: str
) -> Iterator[LabelledBatch]:
    """Draw batches of ``training``, whose ``bad`` is known, each half good and half bad.

    Goods and bads come in shuffled rounds: none comes again before all others of its kind have.
    An odd batch has one good more.

    Raises
    ------
    VadlineError
        If a class is missing; at once, before the first batch.
    """
    bad = _both_classes(training, name)
    rng = np.random.default_rng((seed, 0xBA1A))
    goods = _rounds(np.flatnonzero(~bad), rng)
    bads = _rounds(np.flatnonzero(bad), rng)
    chosen = ([next(bads if i % 2 else goods) for i in range(batch_size)] for _ in range(steps))
    return (_batch(training, bad, np.array(places)) for places in chosen)


def plain_batches(
    training: TrainingSet, batch_size: int, steps: int, seed: int, name: str
) -> Iterator[LabelledBatch]:
    """Draw batches as the images come, mostly of the larger class; see :func:`balanced_batches`.

    All come in shuffled rounds: none comes again before all others have.
    """
    bad = _both_classes(training, name)
    places = _rounds(np.arange(len(bad)), np.random.default_rng((seed, 0xBA1A)))
    chosen = ([next(places) for _ in range(batch_size)] for _ in range(steps))
    return (_batch(training, bad, np.array(drawn)) for drawn in chosen)


def _both_classes(training: TrainingSet, name: str) -> NDArray[np.bool_]:
    bad = np.zeros(len(training.rows), bool) if training.bad is None else training.bad
    if bad.all() or not bad.any():
        raise VadlineError(
            f"{name} learns from good and bad images and got {(~bad).sum()} good, {bad.sum()} bad: "
            "raise split.shots or split.finetune_bads, or take it out of line.detectors."
        )
    return bad


def _rounds(places: NDArray[np.int64], rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(places).tolist()


def _batch(
    training: TrainingSet, bad: NDArray[np.bool_], chosen: NDArray[np.int64]
) -> LabelledBatch:
    rows = training.rows[chosen]
    images = torch.from_numpy(np.ascontiguousarray(training.images[rows]))
    known = ~bad[chosen]
    if training.mask_known is not None:
        known = training.mask_known[chosen]
    masks = torch.zeros(images.shape[:3], dtype=torch.uint8)
    if training.masks is not None:
        where = np.flatnonzero(known & bad[chosen])
        masks[where] = torch.from_numpy(np.ascontiguousarray(training.masks[rows[where]]))
    return LabelledBatch(images, torch.from_numpy(bad[chosen]), masks, torch.from_numpy(known))

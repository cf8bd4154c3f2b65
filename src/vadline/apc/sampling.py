"""Which images each batch draws: normal and anomalous ones with equal frequency."""

from __future__ import annotations

import numpy as np

from vadline.errors import VadlineError


def check_both_classes(labels: np.ndarray) -> None:
    """Raise a VadlineError unless ``labels``, {0, 1} (N,), holds normal and anomalous images."""
    anomalous = int(np.sum(np.asarray(labels) == 1))
    normal = len(labels) - anomalous
    if min(normal, anomalous) == 0:
        raise VadlineError(
            f"APC needs normal and anomalous training images, got {normal} and {anomalous}: give "
            "the finetune role some of both (synthetic bad ones will do)."
        )


def steps_in_epoch(labels: np.ndarray, batch_size: int) -> int:
    """Return the number of batches that draw every normal image at least once.

    Parameters
    ----------
    labels : ndarray, {0, 1}, shape (N,)
        1 = anomalous.
    batch_size : int
        Even; half of a batch is normal.
    """
    normals = int(np.sum(np.asarray(labels) == 0))
    return -(-normals // (batch_size // 2))


def draw_epoch(
    labels: np.ndarray, *, batch_size: int, steps: int, seed: int, epoch: int
) -> np.ndarray:
    """Draw an epoch's batches, half normal and half anomalous (random over-sampling).

    Within each class the draws are random permutations, one after another: no image is drawn
    again before every other of its class. The result depends on nothing but the arguments, so a
    resumed run draws what the interrupted one would have drawn.

    Returns
    -------
    ndarray, int64, shape (steps, batch_size)
        Indices into ``labels``, the normal half first.

    Raises
    ------
    VadlineError
        If a class is missing.
    """
    check_both_classes(labels)
    half = batch_size // 2
    classes = [np.flatnonzero(np.asarray(labels) == label) for label in (0, 1)]
    rng = np.random.default_rng([seed, epoch, 0])
    halves = [_permutations(members, steps * half, rng) for members in classes]
    return np.concatenate([drawn.reshape(steps, half) for drawn in halves], axis=1)


def _permutations(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    rounds = -(-count // len(members))
    return np.concatenate([rng.permutation(members) for _ in range(rounds)])[:count]

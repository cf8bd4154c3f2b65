"""Basic augmentation: flips, and small changes of brightness and contrast."""

from __future__ import annotations

import numpy as np


def augment(
    image: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
    *,
    flips: bool = True,
    jitter: float = 0.1,
) -> tuple[np.ndarray, np.ndarray]:
    """Vary an image, and its mask along with it.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
    mask : ndarray, shape (H, W)
    rng : numpy.random.Generator
    flips : bool
        Flip with probability one half each way.
    jitter : float
        Brightness and contrast are scaled by factors between ``1 - jitter`` and ``1 + jitter``.

    Returns
    -------
    image : ndarray, uint8, shape (H, W, 3)
        Possibly a view.
    mask : ndarray, shape (H, W)
        Flipped as the image is, otherwise unchanged.
    """
    for axis in (0, 1):
        if flips and rng.random() < 0.5:
            image, mask = np.flip(image, axis), np.flip(mask, axis)
    if jitter > 0:
        brightness, contrast = rng.uniform(1 - jitter, 1 + jitter, size=2)
        # Both are affine in the grey value, so one table of 256 entries does them for all pixels.
        mean = image.mean()
        table = (np.arange(256) - mean) * contrast * brightness + mean * brightness
        image = np.clip(np.rint(table), 0, 255).astype(np.uint8)[image]
    return image, mask

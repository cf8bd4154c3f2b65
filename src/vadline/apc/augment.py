"""Basic augmentation: flips, and small changes of brightness and contrast."""

from __future__ import annotations

import numpy as np

from vadline.defects.placing import flip_at_random


def augment(
    image: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
    roi: np.ndarray | None = None,
    *,
    flips: bool,
    jitter: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Vary an image, and its mask and region along with it.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
    mask : ndarray, shape (H, W)
    roi : ndarray, bool, shape (H, W), optional
        Region of interest, not empty: pixels outside keep their values.
    flips : bool
        Flip with probability one half each way.
    jitter : float
        Brightness and contrast are scaled by factors between ``1 - jitter`` and ``1 + jitter``.

    Returns
    -------
    image : ndarray, uint8, shape (H, W, 3)
        Possibly a view.
    mask, roi : ndarray, shape (H, W)
        Flipped as the image is, otherwise unchanged.
    """
    if flips:
        layers = (image, mask) if roi is None else (image, mask, roi)
        image, mask, *rest = flip_at_random(rng, *layers)
        roi = rest[0] if rest else None
    if jitter > 0:
        brightness, contrast = rng.uniform(1 - jitter, 1 + jitter, size=2)
        # Both are affine in the grey value, so one table of 256 entries does them for all pixels.
        mean = (image if roi is None else image[roi]).mean()
        table = (np.arange(256) - mean) * contrast * brightness + mean * brightness
        varied = np.clip(np.rint(table), 0, 255).astype(np.uint8)[image]
        image = varied if roi is None else np.where(roi[..., None], varied, image)
    return image, mask, roi

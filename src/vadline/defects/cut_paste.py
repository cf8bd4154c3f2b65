"""CutPaste of known defects: cut one by its mask, vary it, place it on a normal image."""

from __future__ import annotations

import numpy as np

from vadline.defects.placing import Region, bounding_box, flip_at_random, paste, place

# Luma of ITU-R BT.601: the grey that a colour fades to when its saturation falls to 0.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def change_saturation(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Scale the distance of uint8 RGB colours (..., 3) from their own grey: 0 = grey."""
    colours = pixels.astype(np.float32)
    grey = (colours @ _LUMA)[..., None]
    return np.clip(np.rint(grey + factor * (colours - grey)), 0, 255).astype(np.uint8)


def cut_paste(
    normal: np.ndarray,
    anomalous: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
    roi: Region | None = None,
    *,
    saturation: tuple[float, float],
    flip: bool,
    shift: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a known defect onto a normal image (APC section 4.3.2, after Li et al. 2021).

    Parameters
    ----------
    normal : ndarray, uint8, shape (H, W, 3)
        The image pasted onto; not changed.
    anomalous : ndarray, uint8, shape (H, W, 3)
        The image that shows the defect.
    mask : ndarray, {0, 1}, shape (H, W)
        The defect's pixels in ``anomalous``; at least one, inside of the region.
    roi : ndarray, bool, shape (H, W), optional
        Only what lies inside is cut. The defect comes to lie over a random pixel of the region, and
        what falls outside is not pasted.
    saturation : (float, float)
        The range of the factor on the defect's saturation.
    flip : bool
        Flip the defect at random, left-right and up-down.
    shift : float
        How far the defect may move towards the image's borders, as a share of the way: 0 leaves
        it in its place, 1 puts it anywhere. It always lies wholly within the image.

    Returns
    -------
    image : ndarray, uint8, shape (H, W, 3)
        Equal to ``normal`` wherever the new mask is 0.
    mask : ndarray, uint8 {0, 1}, shape (H, W)
        The pasted pixels; at least one.

    Raises
    ------
    ValueError
        If ``mask`` is empty.
    """
    mask = mask.astype(bool) if roi is None else mask.astype(bool) & roi
    if not mask.any():
        raise ValueError("cut_paste needs a mask with at least one defect pixel in the region")
    box = bounding_box(mask)
    own = mask[box]
    cut = change_saturation(anomalous[box], rng.uniform(*saturation))
    shape, pixels = flip_at_random(rng, own, cut) if flip else (own, cut)
    start = [part.start for part in box]
    target = place(shape.shape, mask.shape, rng, roi, start=start, shift=shift)
    if roi is not None:
        shape = shape & roi[target]
        if not shape.any():  # as cut, it lies inside
            shape, pixels, target = own, cut, box
    image, region = paste(normal, pixels, shape, target)
    return image, region.astype(np.uint8)

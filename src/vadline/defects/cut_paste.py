"""CutPaste of known defects: cut one by its mask, vary it, place it on a normal image."""

from __future__ import annotations

import numpy as np

# Luma of ITU-R BT.601: the grey that a colour fades to when its saturation falls to 0.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def change_saturation(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Scale the distance of colours from their own grey.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (..., 3)
        RGB.
    factor : float
        0 = grey, 1 = unchanged, above 1 = more colourful.

    Returns
    -------
    ndarray, uint8, shape (..., 3)
    """
    colours = pixels.astype(np.float32)
    grey = (colours @ _LUMA)[..., None]
    return np.clip(np.rint(grey + factor * (colours - grey)), 0, 255).astype(np.uint8)


def cut_paste(
    normal: np.ndarray,
    anomalous: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
    *,
    saturation: tuple[float, float] = (0.5, 1.5),
    flip: bool = True,
    shift: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a known defect onto a normal image (APC section 4.3.2, after Li et al. 2021).

    Parameters
    ----------
    normal : ndarray, uint8, shape (H, W, 3)
        The image pasted onto; not changed.
    anomalous : ndarray, uint8, shape (H, W, 3)
        The image that shows the defect.
    mask : ndarray, {0, 1}, shape (H, W)
        The defect's pixels in ``anomalous``; at least one.
    rng : numpy.random.Generator
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
        The pasted pixels.

    Raises
    ------
    ValueError
        If ``mask`` is empty.
    """
    if not mask.any():
        raise ValueError("cut_paste needs a mask with at least one defect pixel")
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    shape = mask[box].astype(bool)
    pixels = change_saturation(anomalous[box], rng.uniform(*saturation))
    for axis in (0, 1):
        if flip and rng.random() < 0.5:
            shape, pixels = np.flip(shape, axis), np.flip(pixels, axis)
    target = tuple(
        _place(part.start, part.stop - part.start, side, shift, rng)
        for part, side in zip(box, mask.shape, strict=True)
    )
    image, pasted = normal.copy(), np.zeros(mask.shape, dtype=np.uint8)
    image[target][shape] = pixels[shape]
    pasted[target][shape] = 1
    return image, pasted


def _place(start: int, length: int, side: int, shift: float, rng: np.random.Generator) -> slice:
    """Draw where an interval of this length lies in 0 .. side, at most ``shift`` of the way off."""
    low = round(start * (1 - shift))
    high = round(start + (side - length - start) * shift)
    new = int(rng.integers(low, high + 1))
    return slice(new, new + length)

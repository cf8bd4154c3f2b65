"""Pseudo anomalies: good images with something on them that does not belong there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vadline.defects.placing import Image, Region, bounding_box, paste, place


def paste_rectangle(
    good: Image,
    source: Image,
    rng: np.random.Generator,
    roi: Region | None = None,
    *,
    area: tuple[float, float] = (0.01, 0.1),
    aspect: float = 3.0,
    shift: int = 30,
) -> tuple[Image, NDArray[np.uint8]]:
    """Put a rectangle of another image elsewhere (CutMix, Yun et al. 2019; CutPaste, Li et al.).

    Parameters
    ----------
    good : ndarray, uint8, shape (H, W, 3)
        Not changed.
    source : ndarray, uint8, shape (H, W, 3)
        Where the rectangle is cut from; ``good`` itself will do.
    roi : ndarray, bool, shape (H, W), optional
        Pixels outside stay as they are.
    area : (float, float)
        The rectangle's area, as a share of the image.
    aspect : float
        The longest ratio of its sides, drawn log-uniformly either way.
    shift : int
        The most that each colour channel is shifted by, in grey levels.

    Returns
    -------
    image : ndarray, uint8, shape (H, W, 3)
    mask : ndarray, uint8 {0, 1}, shape (H, W)
        Exactly the pixels in which ``image`` differs from ``good``; at least one.
    """
    sides = np.array(good.shape[:2])
    ratio = np.exp(rng.uniform(-np.log(aspect), np.log(aspect)) / 2)
    lengths = np.sqrt(rng.uniform(*area)) * sides * (ratio, 1 / ratio)
    lengths = np.clip(np.rint(lengths), 2, sides).astype(int)
    patch = _shift_colours(source[place(lengths, sides, rng)], rng, shift)
    target = place(lengths, sides, rng, roi)
    image, region = paste(good, patch, np.ones(lengths, bool), target)
    return _settle(image, good, region, roi)


def paste_texture(
    good: Image,
    source: Image,
    rng: np.random.Generator,
    roi: Region | None = None,
    *,
    area: tuple[float, float] = (0.002, 0.08),
    opacity: tuple[float, float] = (0.3, 1.0),
) -> tuple[Image, NDArray[np.uint8]]:
    """Blend another image's texture into noise-shaped spots (Zavrtanik et al. 2021, DRAEM).

    The source is flipped, shifted, has its channels swapped and their values scaled and shifted.
    Images, region and mask are as for :func:`paste_rectangle`.

    Parameters
    ----------
    area : (float, float)
        Area of all spots together, as a share of the region, drawn log-uniformly.
    opacity : (float, float)
        Weight of the texture in the blend.
    """
    texture = np.roll(source, rng.integers(0, source.shape[:2]), axis=(0, 1))
    turned = texture[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))][..., rng.permutation(3)]
    tinted = turned * rng.uniform(0.5, 1.5) + rng.uniform(-80, 80, 3)
    share = np.exp(rng.uniform(*np.log(area)))
    region = noise_spots(good.shape[:2], share, rng, roi)
    weight = rng.uniform(*opacity)
    blend = weight * np.clip(tinted, 0, 255) + (1 - weight) * good
    image = np.where(region[..., None], np.rint(blend).astype(np.uint8), good)
    return _settle(image, good, region, roi)


def paste_defect(
    good: Image,
    bad: Image,
    mask: NDArray[np.uint8],
    rng: np.random.Generator,
    roi: Region | None = None,
    *,
    shift: int = 20,
) -> tuple[Image, NDArray[np.uint8]]:
    """Put a known defect, cut out by its mask, somewhere on a good image.

    All but the defect is as for :func:`paste_rectangle`.

    Parameters
    ----------
    bad : ndarray, uint8, shape (H, W, 3)
        Shows the defect.
    mask : ndarray, {0, 1}, shape (H, W)
        The defect's pixels in ``bad``; at least one. Those outside of the region are left behind,
        unless there are no others.

    Raises
    ------
    ValueError
        If ``mask`` is empty.
    """
    if not mask.any():
        raise ValueError("paste_defect needs a mask with at least one defect pixel")
    region = mask.astype(bool)
    if roi is not None and (region & roi).any():
        region = region & roi
    box = bounding_box(region)
    flips = slice(None, None, rng.choice((-1, 1))), slice(None, None, rng.choice((-1, 1)))
    shape = region[box][flips]
    patch = _shift_colours(bad[box][flips], rng, shift)
    image, region = paste(good, patch, shape, place(shape.shape, mask.shape, rng, roi))
    return _settle(image, good, region, roi)


def noise_spots(
    size: tuple[int, int], share: float, rng: np.random.Generator, roi: Region | None = None
) -> Region:
    """Draw spots: where smooth noise of a random coarseness is highest.

    Bool, of ``size``, they cover ``share`` of the region of interest, up to rounding, and at least
    one pixel.
    """
    cells = int(2 ** rng.integers(2, 6))
    coarse = rng.standard_normal((cells, cells))
    noise = ndimage.zoom(coarse, np.divide(size, cells), order=1, grid_mode=True, mode="nearest")
    inside = np.arange(noise.size) if roi is None else np.flatnonzero(roi)
    count = max(1, round(share * len(inside)))
    highest = np.argpartition(noise.ravel()[inside], -count)[-count:]
    spots = np.zeros(size, bool)
    spots.flat[inside[highest]] = True
    return spots


def _shift_colours(patch: Image, rng: np.random.Generator, shift: int) -> Image:
    shifted = patch + rng.integers(-shift, shift + 1, 3)
    return np.clip(shifted, 0, 255).astype(np.uint8)


def _settle(
    image: Image, good: Image, region: Region, roi: Region | None
) -> tuple[Image, NDArray[np.uint8]]:
    """Undo what lies outside of the region of interest and find what has changed."""
    if roi is not None:
        region = region & roi if (region & roi).any() else roi
        image = np.where(region[..., None], image, good)
    changed = (image != good).any(axis=-1)
    if not changed.any():  # the same pixels were pasted; inverted ones never equal their own
        image = np.where(region[..., None], 255 - good, good)
        changed = region
    return image, changed.astype(np.uint8)

"""Mask, anomaly map and overlay of a part, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation

_LONGEST = 1024  # pixels of an overlay's longer side
_OUTLINE = (255, 0, 0)
_HEAT = 0.45


def write_pictures(
    folder: Path,
    photograph: Image.Image,
    heat: NDArray[np.float32],
    mask: NDArray[np.uint8] | None,
) -> None:
    """Write ``map.png``, ``overlay.png`` and, where there is a mask, ``mask.png``.

    Parameters
    ----------
    folder : Path
        Made if missing; files in it are replaced.
    photograph : Image
        At its own size.
    heat : ndarray, float32, shape (S, S)
        The anomaly map, 0 (as good parts) to 1.
    mask : ndarray, uint8 {0, 1}, shape (H, W), optional
        At the photograph's own size; ``mask.png`` marks it in white.
    """
    folder.mkdir(parents=True, exist_ok=True)
    colours = (255 * colormaps["inferno"](np.clip(heat, 0, 1))[..., :3]).astype(np.uint8)
    Image.fromarray(colours).save(folder / "map.png")
    overlay(photograph, heat, mask).save(folder / "overlay.png")
    if mask is not None:
        Image.fromarray(255 * mask).save(folder / "mask.png")


def overlay(
    photograph: Image.Image, heat: NDArray[np.float32], mask: NDArray[np.uint8] | None
) -> Image.Image:
    """Lay the anomaly map over the photograph, and the mask's outline in red."""
    picture = photograph.convert("RGB")
    picture.thumbnail((_LONGEST, _LONGEST))
    strength = Image.fromarray((255 * np.clip(heat, 0, 1)).astype(np.uint8))
    strength = strength.resize(picture.size, Image.Resampling.BILINEAR)
    share = np.asarray(strength, np.float32) / 255
    colours = colormaps["inferno"](share)[..., :3] * 255
    blended = np.asarray(picture) * (1 - _HEAT * share[..., None])
    blended = blended + _HEAT * share[..., None] * colours
    if mask is not None:
        small = Image.fromarray(255 * mask).resize(picture.size, Image.Resampling.BOX)
        inside = np.asarray(small) > 0
        blended[binary_dilation(inside, iterations=2) & ~inside] = _OUTLINE
    return Image.fromarray(blended.astype(np.uint8))

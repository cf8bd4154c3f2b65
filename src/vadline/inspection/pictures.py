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
    strength: NDArray[np.float32],
    mask: NDArray[np.uint8] | None,
) -> None:
    """Write ``map.png``, ``overlay.png`` and, where there is a mask, ``mask.png``.

    Parameters
    ----------
    folder : Path
        Made if missing; files in it are replaced by new ones.
    photograph : Image
        At its own size.
    strength : ndarray, float32, shape (h, w)
        Of the anomaly map, see :func:`heat`.
    mask : ndarray, uint8 {0, 1}, shape (H, W), optional
        At the photograph's own size; ``mask.png`` marks it in white.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("map.png", "overlay.png", "mask.png"):
        (folder / name).unlink(missing_ok=True)  # former results may share the file itself
    colours = (255 * colormaps["inferno"](strength)[..., :3]).astype(np.uint8)
    Image.fromarray(colours).save(folder / "map.png")
    overlay(photograph, strength, mask).save(folder / "overlay.png")
    if mask is not None:
        Image.fromarray(255 * mask).save(folder / "mask.png")


def heat(maps: NDArray[np.float32], threshold: float | None) -> NDArray[np.float32]:
    """Scale anomaly maps for pictures, to 0 to 1: of each 0 is its median, 1/2 the threshold.

    Parameters
    ----------
    maps : ndarray, float32, shape (n, H, W)
    threshold : float, optional
        Of masks; without one 1 is the map's highest value.
    """
    low, most = np.median(maps, axis=(1, 2)), maps.max(axis=(1, 2))
    above = most - low if threshold is None else threshold - low
    span = np.where(above > 0, 2 * above, np.maximum(most - low, 1e-12))
    return ((maps - low[:, None, None]) / span[:, None, None]).clip(0, 1).astype(np.float32)


def overlay(
    photograph: Image.Image, strength: NDArray[np.float32], mask: NDArray[np.uint8] | None
) -> Image.Image:
    """Lay the anomaly map over the photograph, and the mask's outline in red."""
    picture = photograph.convert("RGB")
    picture.thumbnail((_LONGEST, _LONGEST))
    grey = Image.fromarray((255 * strength).astype(np.uint8))
    grey = grey.resize(picture.size, Image.Resampling.BILINEAR)
    share = np.asarray(grey, np.float32) / 255
    colours = colormaps["inferno"](share)[..., :3] * 255
    blended = np.asarray(picture) * (1 - _HEAT * share[..., None])
    blended = blended + _HEAT * share[..., None] * colours
    if mask is not None:
        small = Image.fromarray(255 * mask).resize(picture.size, Image.Resampling.BOX)
        inside = np.asarray(small) > 0
        blended[binary_dilation(inside, iterations=2) & ~inside] = _OUTLINE
    return Image.fromarray(blended.astype(np.uint8))

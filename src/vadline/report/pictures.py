"""Pictures small enough to stand inside of a page."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation, binary_erosion

MARKED, FOUND = (255, 255, 255), (0, 229, 255)
"""Colours of outlines: of a defect as a person marked it, and as the line found it."""
Window = tuple[tuple[float, float], tuple[float, float]]
_HALO = (20, 20, 20)
_QUALITY = 80
_PALE = 0.35  # how far the photograph steps back behind the heat
_STRONGEST = 0.85


def jpeg(picture: NDArray[np.uint8], side: int, quality: int = _QUALITY) -> str:
    """Write a picture as a data URI, brought down as :func:`fitted` does.

    Parameters
    ----------
    picture : ndarray, uint8, shape (H, W, 3)
    """
    buffer = io.BytesIO()
    Image.fromarray(fitted(picture, side)).save(buffer, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def fitted(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Bring a picture down to as many pixels as a square has; a smaller one stays as it is."""
    image = Image.fromarray(np.asarray(picture))
    factor = side / math.sqrt(image.width * image.height)
    if factor >= 1:
        return np.asarray(image)
    size = max(1, round(factor * image.width)), max(1, round(factor * image.height))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def window_around(heat: NDArray[np.float32], share: NDArray[np.float64]) -> Window:
    """Return the part of a picture around where heat is highest, in shares of its sides.

    Parameters
    ----------
    heat : ndarray, float32, shape (h, w)
    share : ndarray, float64, shape (2,)
        How high and how wide the part is; less than 1.
    """
    highest = np.array(np.unravel_index(int(np.argmax(heat)), heat.shape))
    start = ((highest + 0.5) / heat.shape - share / 2).clip(0, 1 - share)
    return (float(start[0]), float(start[1])), (float(share[0]), float(share[1]))


def cropped(values: NDArray[Any], window: Window) -> NDArray[Any]:
    """Cut a part, as :func:`window_around` gives it, out of pixels of any size."""
    (top, left), (high, wide) = window
    rows, columns = values.shape[:2]
    y, x = round(top * rows), round(left * columns)
    return values[y : y + max(1, round(high * rows)), x : x + max(1, round(wide * columns))]


def heated(picture: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay heat over a photograph that steps back into pale grey.

    Parameters
    ----------
    picture : ndarray, uint8, shape (H, W, 3)
    heat : ndarray, float, shape (h, w)
        0 stays see-through, 1 is hottest; stretched over the photograph.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)
    """
    grey = np.asarray(picture, np.float32).mean(axis=2, keepdims=True)
    pale = (1 - _PALE) * grey + _PALE * 255
    shown = resized(np.clip(heat, 0, 1), picture.shape[:2])
    colour = 255 * colormaps["YlOrRd"](0.25 + 0.75 * shown)[..., :3]
    alpha = _STRONGEST * np.sqrt(shown)[..., None]
    return np.clip((1 - alpha) * pale + alpha * colour, 0, 255).astype(np.uint8)


def outlined(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Draw a mask's outline, with a dark rim so that it shows on any ground.

    Parameters
    ----------
    picture : ndarray, uint8, shape (H, W, 3)
    mask : ndarray, bool, shape (h, w)
    """
    inside = resized(mask.astype(np.float32), picture.shape[:2]) >= 0.5
    if not inside.any():  # smaller than a pixel of the picture
        inside = resized(mask.astype(np.float32), picture.shape[:2]) > 0
    wide = binary_dilation(inside, iterations=2)
    line = wide & ~binary_erosion(inside)
    drawn = np.array(picture)
    drawn[binary_dilation(line) & ~line] = _HALO
    drawn[line] = colour
    return drawn


def resized(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Stretch values over a picture of another size, bilinearly: float32, shape ``shape``."""
    if values.shape == tuple(shape):
        return np.asarray(values, np.float32)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))

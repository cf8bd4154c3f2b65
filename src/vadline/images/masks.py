"""Pixel masks: any image whose non-zero pixels mark the defect."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vadline.images.decode import UnreadableImageError
from vadline.images.shape import Size, height_width
from vadline.sources.listing import list_images


def mask_files(path: Path) -> list[Path]:
    """List the files of a mask: itself, or the images of a folder that mark a defect together."""
    return list_images(path) if path.is_dir() else [path]


def read_mask(path: Path, image_size: tuple[int, int] | None = None) -> NDArray[np.bool_]:
    """Read a mask at its own size.

    A pixel is marked where any of its values is not zero. A palette counts by its index (class
    codes, 0 = background) and an alpha channel does not count. Of a folder of masks it is marked
    where any of them marks it.

    Parameters
    ----------
    image_size : tuple of int, optional
        Width and height of the upright image that the mask belongs to.

    Returns
    -------
    ndarray, bool, shape (height, width)

    Raises
    ------
    UnreadableImageError
        If the file is missing, no image, or of another size than its image; or a folder has no
        masks.
    """
    files = mask_files(path)
    if not files:
        raise UnreadableImageError("the folder of masks has none")
    marked = _read_one(files[0], image_size)
    for file in files[1:]:
        marked = marked | _read_one(file, marked.shape[::-1])
    return marked


def _read_one(path: Path, image_size: tuple[int, int] | None) -> NDArray[np.bool_]:
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            values = np.asarray(image)
            bands = image.getbands()
    except FileNotFoundError as error:
        raise UnreadableImageError("the mask does not exist") from error
    # As for images: whatever a decoder raises, the mask cannot be read.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UnreadableImageError(f"the mask cannot be read ({reason})") from error
    if values.ndim == 3:
        values = np.any(values[..., [band != "A" for band in bands]], axis=-1)
    marked = values != 0
    if image_size is not None and marked.shape[::-1] != tuple(image_size):
        raise UnreadableImageError(
            f"the mask is {marked.shape[1]}x{marked.shape[0]}, its image"
            f" {image_size[0]}x{image_size[1]} pixels"
        )
    return marked


def resize_mask(mask: NDArray[np.bool_], size: Size) -> NDArray[np.uint8]:
    """Resize a mask by its nearest pixels, without losing a defect.

    A defect so small that no nearest pixel falls on it marks every pixel that it touches.

    Parameters
    ----------
    mask : ndarray, bool, shape (H, W)
        The mask at its own size.
    size : int or (int, int)
        Height and width of the result; one number for a square.

    Returns
    -------
    ndarray, uint8, shape (h, w)
        0 or 1; not all 0 unless ``mask`` is.
    """
    image = Image.fromarray(mask.astype(np.uint8))
    new = height_width(size)
    resized = np.asarray(image.resize(new[::-1], Image.Resampling.NEAREST))
    if resized.any() or not mask.any():
        return resized
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    touched = np.zeros(new, np.uint8)
    touched[rows * new[0] // height, columns * new[1] // width] = 1
    return touched

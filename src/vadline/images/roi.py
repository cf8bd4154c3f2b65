"""Reading the region of interest."""

from __future__ import annotations

from pathlib import Path

from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError
from vadline.images.masks import read_mask
from vadline.images.region import Region
from vadline.images.shape import Size, height_width


def read_region(path: Path, size: Size) -> Region:
    """Read a region of interest: an image drawn over the product, non-zero where defects count.

    Raises
    ------
    VadlineError
        If the file cannot be read or marks nothing at ``size``, the stored images' own.
    """
    try:
        region = Region(read_mask(path))
    except UnreadableImageError as error:
        raise VadlineError(f"region of interest {path}: {error}; mend or remove it") from error
    height, width = height_width(size)
    if not region.at(width, height).any():
        raise VadlineError(
            f"region of interest {path} marks no pixel at {width}x{height}:"
            " paint what should be inspected white"
        )
    return region

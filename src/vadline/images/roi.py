"""Reading the region of interest."""

from __future__ import annotations

from pathlib import Path

from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError
from vadline.images.masks import read_mask
from vadline.images.region import Region


def read_region(path: Path, size: int) -> Region:
    """Read a region of interest: an image drawn over the product, non-zero where defects count.

    Raises
    ------
    VadlineError
        If the file cannot be read or marks nothing at ``size``, the side of the stored images.
    """
    try:
        region = Region(read_mask(path))
    except UnreadableImageError as error:
        raise VadlineError(f"region of interest {path}: {error}; mend or remove it") from error
    if not region.at(size, size).any():
        raise VadlineError(
            f"region of interest {path} marks no pixel at {size}x{size}:"
            " paint what should be inspected white"
        )
    return region

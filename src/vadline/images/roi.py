"""The region of interest: where a defect counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError
from vadline.images.masks import read_mask


def load_roi(path: Path | None, size: int) -> NDArray[np.bool_]:
    """Read a region of interest at the size of the images.

    Parameters
    ----------
    path : Path or None
        An image drawn over the product, non-zero where defects count; None for everywhere.
    size : int
        Side of the images in pixels.

    Returns
    -------
    bool ndarray (size, size)

    Raises
    ------
    VadlineError
        If the file cannot be read or marks nothing.
    """
    if path is None:
        return np.ones((size, size), bool)
    try:
        region = read_mask(Path(path))
    except UnreadableImageError as error:
        raise VadlineError(f"region of interest {path}: {error}; mend or remove it") from error
    nearest = Image.fromarray(region.astype(np.uint8)).resize(
        (size, size), Image.Resampling.NEAREST
    )
    roi = np.asarray(nearest) > 0
    if not roi.any():
        raise VadlineError(
            f"region of interest {path} marks no pixel at {size}x{size}:"
            " paint what should be inspected white"
        )
    return roi

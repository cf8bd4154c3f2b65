"""The region of interest at any size, and the blanking of what lies outside."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLANK = (124, 116, 104)
"""ImageNet's mean colour: what a backbone takes for nothing."""
_SIZES_KEPT = 4  # photographs of one product have few


class Region:
    """Where a defect counts.

    Parameters
    ----------
    inside : ndarray, bool, shape (H, W)
        As it was drawn; at other sizes its nearest pixels count.
    """

    def __init__(self, inside: NDArray[np.bool_]) -> None:
        self._outside = Image.fromarray(np.where(inside, 0, 255).astype(np.uint8))
        self._resized = lru_cache(_SIZES_KEPT)(self._resize)

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """The region as it was drawn, bool (H, W)."""
        return np.asarray(self._outside) == 0

    def at(self, width: int, height: int) -> NDArray[np.bool_]:
        """Return the region at a size in pixels, bool (height, width), True inside."""
        return np.asarray(self._resized(width, height)) == 0

    def blank(self, image: Image.Image) -> Image.Image:
        """Paint every pixel outside in the one colour ``BLANK``, on an RGB copy of any size."""
        blanked = image.convert("RGB")
        blanked.paste(BLANK, mask=self._resized(*image.size))
        return blanked

    def _resize(self, width: int, height: int) -> Image.Image:
        """Resize to a mask that is 255 outside and 0 inside."""
        return self._outside.resize((width, height), Image.Resampling.NEAREST)

"""Pictures as the bytes of a file."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Write grey (H, W) or RGB (H, W, 3) pixels as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()

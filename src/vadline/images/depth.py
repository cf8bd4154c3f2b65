"""The range of photographs with 16 bits a channel: cameras fill 10, 12 or 14 of them, or all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from vadline.images.decode import (
    PNG_HEADER,
    SIXTEEN_BIT_MAX,
    SIXTEEN_BIT_MODES,
    UnreadableImageError,
    brightest,
    has_deep_channels,
)
from vadline.images.region import Region
from vadline.images.threads import map_in_order
from vadline.sources.manifest import GOOD, TEST, Record

logger = logging.getLogger(__name__)

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras have, and files that were once 8-bit ones."""
_MAY_BE_DEEP = (".png", ".tif", ".tiff")


def find_maximum(
    records: Sequence[Record], region: Region | None = None, workers: int | None = None
) -> int:
    """Find the value that becomes white: of the fewest `DEPTHS` that hold the good parts' highest.

    Good parts alone tell, without those of a test part that the source names. Where it names none,
    all goods do, before anything is split: what they tell is one of five depths, which is the
    camera's and not a part's. It is said in one line.

    Parameters
    ----------
    region : Region, optional
        What lies outside does not count.
    workers : int, optional
        Threads that read files.

    Returns
    -------
    int
        255, 1023, 4095, 16383 or 65535; the last where no good part has 16 bits a channel.
    """
    told = (r.path for r in records if r.label == GOOD and r.source_split != TEST)

    def peak(path: Path) -> int | None:
        return _peak(path, region)

    deep, highest = 0, 0
    for value in map_in_order(peak, told, workers):
        if value is not None and 0 <= value <= SIXTEEN_BIT_MAX:
            deep, highest = deep + 1, max(highest, value)
        if highest >> DEPTHS[-2]:  # no fewer bits will do, whatever the others hold
            break
    if not deep:
        return SIXTEEN_BIT_MAX
    bits = next(depth for depth in DEPTHS if not highest >> depth)
    logger.info(
        "16-bit photographs: good parts reach %d, so %d bits are black to white, 0 to %d; "
        "images.sixteen_bit_max fixes another range",
        highest,
        bits,
        2**bits - 1,
    )
    return 2**bits - 1


def _peak(path: Path, region: Region | None) -> int | None:
    """Return a file's highest value; None of 8 bits, or where reading it will say what is wrong."""
    if path.suffix.lower() not in _MAY_BE_DEEP:
        return None
    try:
        with path.open("rb") as file:
            header = file.read(PNG_HEADER)
        with Image.open(path) as image:
            if not (image.mode in SIXTEEN_BIT_MODES or has_deep_channels(image, header)):
                return None
        return brightest(path.read_bytes(), region)
    except (UnreadableImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None

"""PNG with several 16-bit channels, which Pillow cuts to their high bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

CHANNELS = {2: 3, 4: 2, 6: 4}  # by colour type: RGB, grey + alpha, RGBA


def is_png16_colour(data: bytes) -> bool:
    """Say whether a PNG file has several channels of 16 bits."""
    return data[24] == 16 and data[25] in CHANNELS


def read_png16(data: bytes) -> NDArray[np.uint16]:
    """Decode a PNG with several 16-bit channels, one for which `is_png16_colour` holds.

    Returns
    -------
    ndarray, uint16, shape (H, W, C)
        RGB, grey + alpha or RGBA, at full precision.

    Raises
    ------
    ValueError
        If the file is interlaced or holds less than its header says.
    zlib.error
        If the compressed stream is broken.
    """
    width, height, _, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if interlaced:
        raise ValueError("interlaced 16-bit colour PNG: save it without interlacing")
    step = 2 * CHANNELS[colour]  # bytes per pixel
    expected = height * (1 + width * step)
    compressed = b"".join(body for kind, body in _chunks(data) if kind == b"IDAT")
    lines = zlib.decompressobj().decompress(compressed, expected)
    if len(lines) < expected:
        raise ValueError("the file is truncated")
    rows = np.frombuffer(lines, np.uint8).reshape(height, 1 + width * step)
    pixels = _unfilter(rows[:, 1:].reshape(height, width, step), rows[:, 0])
    return pixels.view(">u2").astype(np.uint16)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk over a PNG's chunks: kind and content."""
    start = 8
    while start + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[start : start + 8])
        yield kind, data[start + 8 : start + 8 + length]
        start += length + 12


def _unfilter(filtered: NDArray[np.uint8], filters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo PNG's line filters (W3C PNG, section 9), one antidiagonal at a time.

    A pixel is predicted from those to its left, above and above left, so all pixels of an
    antidiagonal can be restored at once, whatever their lines' filters.
    """
    height, width, step = filtered.shape
    restored = np.zeros((height + 1, width + 1, step), np.int16)
    for diagonal in range(height + width - 1):
        row = np.arange(max(0, diagonal - width + 1), min(height, diagonal + 1))
        column = diagonal - row
        left, up = restored[row + 1, column], restored[row, column + 1]
        predicted = _predict(left, up, restored[row, column], filters[row][:, None])
        restored[row + 1, column + 1] = (filtered[row, column] + predicted) & 255
    return np.ascontiguousarray(restored[1:, 1:].astype(np.uint8))


def _predict(
    left: NDArray[np.int16], up: NDArray[np.int16], corner: NDArray[np.int16], kind: NDArray
) -> NDArray[np.int16]:
    """Predict bytes by the filter type of their line: none, sub, up, average or Paeth."""
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    paeth = np.where(
        (to_left <= to_up) & (to_left <= to_corner), left, np.where(to_up <= to_corner, up, corner)
    )
    return np.choose(kind, [np.zeros_like(left), left, up, (left + up) // 2, paeth])

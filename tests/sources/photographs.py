"""Photographs of ribbed plates, with a dark spot on those that are bad."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tests.images.test_decode import encode_png16


@dataclass(frozen=True)
class Camera:
    """How large photographs are, in pixels, and which value is white."""

    width: int = 96
    height: int = 96
    white: int = 2**8 - 1


SQUARE = Camera()


def photograph(
    file: str, camera: Camera, bad: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the plate's brightness, 0 to 1, and where its defect is, both (height, width).

    Plates differ a little from file to file; one file always has the same.
    """
    rng = np.random.default_rng(zlib.crc32(file.encode()))
    side = min(camera.height, camera.width)
    rows, columns = np.mgrid[: camera.height, : camera.width] / side
    light, along = rng.uniform(0.99, 1.01), rng.uniform(-0.005, 0.005)
    plate = light * (0.55 + 0.12 * np.sin(8 * np.pi * (columns + along)) - 0.1 * rows)
    plate += rng.normal(0, 0.01, plate.shape)
    top, left = rng.uniform(0.25, [0.75, camera.width / side - 0.25])
    defect = bad & (np.hypot(rows - top, columns - left) < 0.12)
    plate[defect] = 0.08
    return plate, defect


def save(path: Path, plate: NDArray[np.float64], white: int) -> None:
    """Write a photograph in the format of its suffix; in colour or with 16 bits if it says so."""
    white = 2**16 - 1 if "16 bit" in path.stem else white
    deep = white > 255
    pixels = (plate * white).round().astype(np.uint16 if deep else np.uint8)
    if "colour" in path.stem:
        pixels = np.stack([pixels] * 3, axis=-1)
    if deep and pixels.ndim == 3:
        path.write_bytes(encode_png16(pixels))
    else:
        Image.fromarray(pixels).save(path, **({} if deep else {"quality": 95}))


def save_mask(path: Path, defect: NDArray[np.bool_]) -> None:
    """Write a mask: white where the defect is."""
    Image.fromarray(defect.astype(np.uint8) * 255).save(path)

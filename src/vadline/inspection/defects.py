"""Masks of a folder's parts at the photographs' own size, their defects, and pictures."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from vadline.calibration.outcomes import REJECT
from vadline.detectors import AnomalyMaps
from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError, open_image
from vadline.images.rows import explained
from vadline.inspection.inspector import Inspector
from vadline.inspection.params import InspectParams
from vadline.inspection.pictures import heat, write_pictures
from vadline.inspection.result import Defect, at_own_size, find_defects
from vadline.progress import progress, without_bars

logger = logging.getLogger(__name__)

BOX = ("left", "top", "right", "bottom")
_COUNTS = ("defects", "defect_area", *BOX)
DEFECTS = (*_COUNTS[:2], "defect_area_mm2", *BOX)
"""What a table says of a part's defects; all whole numbers but ``defect_area_mm2``."""
_TOGETHER = 8


def mask_and_draw(
    inspector: Inspector,
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    maps: AnomalyMaps,
    wanted: NDArray[np.int64],
    params: InspectParams,
    folder: Path,
) -> pd.DataFrame:
    """Mask some parts, and write each one's pictures, a few in memory at a time.

    Parameters
    ----------
    parts : DataFrame
        Row i, with ``part``, ``path``, ``width``, ``height`` and ``decision``, is of image and map
        i.
    images : array, uint8, shape (N, h, w, 3)
    wanted : ndarray, int64
        Rows to mask.
    folder : Path
        Gets a folder for each inspected folder, and in it one for each part.

    Returns
    -------
    DataFrame
        Columns ``part``, `DEFECTS`, and where the ``pictures`` are.
    """
    own, masking = folder / _name(params), inspector.bundle.masking
    threshold = masking.config["threshold"] if masking else None
    sixteen_bit_max = inspector.bundle.reading.config["sixteen_bit_max"]
    rows = []
    with progress(total=len(wanted), desc="masks", unit="part") as bar:
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            pixels = maps.pixels(some)
            masks: Sequence[NDArray[np.uint8] | None] = [None] * len(some)
            if masking:
                masks = list(_masks(inspector, parts.iloc[some], images[some], pixels, params))
            for row, strength, mask in zip(some, heat(pixels, threshold), masks, strict=True):
                part = parts.iloc[row]
                place, seen = own / part["part"], np.asarray(images[row])
                found = draw_part(part, strength, mask, place, sixteen_bit_max, seen)
                told = {"part": part["part"], **summarise(found), "pictures": str(place)}
                rows.append(told)
                bar.update()
    table = pd.DataFrame(rows, columns=["part", *_COUNTS, "pictures"])
    return with_areas(table, inspector.mm_per_pixel)


def _masks(
    inspector: Inspector,
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    maps: NDArray[np.float32],
    params: InspectParams,
) -> NDArray[np.uint8]:
    """Mask rejected parts; what is accepted has no defect to mark."""
    masks = np.zeros(maps.shape, np.uint8)
    rejected = np.flatnonzero(parts["decision"] == REJECT)
    if len(rejected):
        with without_bars():
            own = np.asarray(images)[rejected], maps[rejected]
            masks[rejected] = inspector.masks(*own, params.refine)
    return masks


def draw_part(
    part: pd.Series,
    strength: NDArray[np.float32],
    mask: NDArray[np.uint8] | None,
    folder: Path,
    sixteen_bit_max: int,
    seen: NDArray[np.uint8] | None = None,
) -> tuple[Defect, ...]:
    """Write a part's pictures, and find its defects.

    Parameters
    ----------
    part : Series
        ``path`` of the photograph, and its ``width`` and ``height``.
    strength : ndarray, float32, shape (h, w)
        See :func:`vadline.inspection.pictures.heat`.
    mask : ndarray, uint8 {0, 1}, shape (h, w), optional
    folder : Path
        Of this part's pictures.
    seen : ndarray, uint8, shape (h, w, 3), optional
        The photograph as it was judged, to draw on where its file has gone since.

    Returns
    -------
    tuple of Defect
        In pixels of the photograph; none where there is no mask.

    Raises
    ------
    VadlineError
        If the photograph is not there any more, and ``seen`` neither, or the disk is full.
    """
    path, size = Path(part["path"]), (int(part["width"]), int(part["height"]))
    try:
        photograph = open_image(path.read_bytes(), sixteen_bit_max=sixteen_bit_max)
    except (OSError, UnreadableImageError) as error:
        if seen is None:
            raise VadlineError(f"{path} went away since it was judged: {error}") from error
        logger.warning("%s went away since it was judged: drawn as it was seen", path)
        photograph = Image.fromarray(seen).resize(size)
    sized = None if mask is None else at_own_size(mask, size)
    with explained(folder):
        write_pictures(folder, photograph, strength, sized)
    return () if sized is None else find_defects(sized)


def summarise(found: Sequence[Defect]) -> dict[str, int | None]:
    """Say how many defects a part has, their area and the box of the largest, all in pixels."""
    box = found[0].box if found else (None,) * len(BOX)
    area = sum(defect.area for defect in found)
    return dict(zip(_COUNTS, (len(found), area, *box), strict=True))


def with_areas(
    table: pd.DataFrame, mm_per_pixel: float | None, pixels: str = "defect_area"
) -> pd.DataFrame:
    """Put behind a column of areas in pixels one in square millimetres, NaN where none is known.

    Parameters
    ----------
    mm_per_pixel : float or None
        Side of the photographs' pixels.
    pixels : str
        The column's name; the new one ends in ``_mm2``.
    """
    square = np.nan if mm_per_pixel is None else mm_per_pixel**2
    table = table.copy()
    areas = table[pixels].astype(float) * square
    table.insert(list(table).index(pixels) + 1, f"{pixels}_mm2", areas)
    return table


def _name(params: InspectParams) -> str:
    """Name the inspected folder, apart from others of the same name."""
    whole = Path(params.folder or "").expanduser().resolve()
    return f"{whole.name}-{hashlib.sha256(str(whole).encode()).hexdigest()[:6]}"

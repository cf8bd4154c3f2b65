"""Masks of a folder's parts at the photographs' own size, their defects, and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import AnomalyMaps
from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError, open_image
from vadline.images.rows import explained
from vadline.inspection.inspector import Inspector
from vadline.inspection.params import InspectParams
from vadline.inspection.pictures import heat, write_pictures
from vadline.inspection.result import at_own_size, find_defects
from vadline.progress import progress, without_bars

DEFECTS = ("defects", "defect_area", "left", "top", "right", "bottom", "pictures")
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
    images : array, uint8, shape (N, size, size, 3)
    wanted : ndarray, int64
        Rows to mask.
    folder : Path
        Gets a folder for each inspected folder, and in it one for each part.

    Returns
    -------
    DataFrame
        Columns ``part`` and `DEFECTS`: how many defects, their area and the box of the largest
        one in pixels of the photograph, and where the pictures are.
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
                with without_bars():
                    masks = list(inspector.masks(np.asarray(images[some]), pixels, params.refine))
            for row, strength, mask in zip(some, heat(pixels, threshold), masks, strict=True):
                part = parts.iloc[row]
                found = draw_part(part, strength, mask, own / part["part"], sixteen_bit_max)
                rows.append({"part": part["part"], **found})
                bar.update()
    return pd.DataFrame(rows, columns=["part", *DEFECTS])


def draw_part(
    part: pd.Series,
    strength: NDArray[np.float32],
    mask: NDArray[np.uint8] | None,
    folder: Path,
    sixteen_bit_max: int,
) -> dict[str, object]:
    """Write a part's pictures, and describe its defects.

    Parameters
    ----------
    part : Series
        ``path`` of the photograph, and its ``width`` and ``height``.
    strength : ndarray, float32, shape (size, size)
        See :func:`vadline.inspection.pictures.heat`.
    mask : ndarray, uint8 {0, 1}, shape (size, size), optional
    folder : Path
        Of this part's pictures.

    Returns
    -------
    dict
        By the names in `DEFECTS`, in pixels of the photograph.

    Raises
    ------
    VadlineError
        If the photograph is not there any more, or the disk is full.
    """
    path = Path(part["path"])
    try:
        photograph = open_image(path.read_bytes(), sixteen_bit_max=sixteen_bit_max)
    except (OSError, UnreadableImageError) as error:
        raise VadlineError(f"{path} went away since it was judged: {error}") from error
    sized = None if mask is None else at_own_size(mask, (int(part["width"]), int(part["height"])))
    with explained(folder):
        write_pictures(folder, photograph, strength, sized)
    found = () if sized is None else find_defects(sized)
    box = found[0].box if found else (None,) * 4
    return {
        "defects": len(found),
        "defect_area": sum(defect.area for defect in found),
        **dict(zip(("left", "top", "right", "bottom"), box, strict=True)),
        "pictures": str(folder),
    }


def _name(params: InspectParams) -> str:
    """Name the inspected folder, apart from others of the same name."""
    whole = Path(params.folder or "").expanduser().resolve()
    return f"{whole.name}-{hashlib.sha256(str(whole).encode()).hexdigest()[:6]}"

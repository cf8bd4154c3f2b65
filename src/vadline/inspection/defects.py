"""Masks of a folder's parts at the photographs' own size, their defects, and pictures."""

from __future__ import annotations

import hashlib
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
from vadline.inspection.pictures import write_pictures
from vadline.inspection.result import at_own_size, find_defects
from vadline.progress import progress, without_bars

DEFECTS = ("part", "defects", "defect_area", "left", "top", "right", "bottom", "pictures")
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
        Columns `DEFECTS`: how many defects, their area and the box of the largest one in pixels
        of the photograph, and where the pictures are.
    """
    own = folder / _name(params)
    rows = []
    with progress(total=len(wanted), desc="masks", unit="part") as bar:
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            pixels = maps.pixels(some)
            masks = [None] * len(some)
            if inspector.bundle.masking is not None:
                with without_bars():
                    masks = list(inspector.masks(np.asarray(images[some]), pixels, params.refine))
            for row, heat, mask in zip(some, inspector.heat(pixels), masks, strict=True):
                part = parts.iloc[row]
                sized = None
                if mask is not None:
                    sized = at_own_size(mask, (int(part["width"]), int(part["height"])))
                rows.append(_draw(inspector, part, heat, sized, own))
                bar.update()
    return pd.DataFrame(rows, columns=list(DEFECTS))


def _draw(
    inspector: Inspector,
    part: pd.Series,
    heat: NDArray[np.float32],
    mask: NDArray[np.uint8] | None,
    folder: Path,
) -> dict[str, object]:
    where = folder / part["part"]
    sixteen_bit_max = inspector.bundle.reading.config["sixteen_bit_max"]
    try:
        photograph = open_image(Path(part["path"]).read_bytes(), sixteen_bit_max=sixteen_bit_max)
    except (OSError, UnreadableImageError) as error:
        raise VadlineError(f"{part['path']} went away while it was inspected: {error}") from error
    with explained(where):
        write_pictures(where, photograph, heat, mask)
    found = () if mask is None else find_defects(mask)
    box = found[0].box if found else (None,) * 4
    return {
        "part": part["part"],
        "defects": len(found),
        "defect_area": sum(defect.area for defect in found),
        **dict(zip(("left", "top", "right", "bottom"), box, strict=True)),
        "pictures": str(where),
    }


def _name(params: InspectParams) -> str:
    """Name the inspected folder, apart from others of the same name."""
    whole = Path(params.folder or "").expanduser().resolve()
    return f"{whole.name}-{hashlib.sha256(str(whole).encode()).hexdigest()[:6]}"

"""A folder of new photographs: reading it, judging it, without holding it in memory."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.calibration.outcomes import UNDECIDED
from vadline.detectors import AnomalyMaps
from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError
from vadline.images.rows import row_files
from vadline.images.threads import map_in_order
from vadline.inspection.inspector import Inspector
from vadline.progress import progress
from vadline.sources.listing import list_others, require_images

PARTS = ("part", "path", "sha256", "width", "height", "refused", "known")
_TOGETHER = 64
_NAMED = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Read:
    path: Path
    pixels: NDArray[np.uint8] | None = None
    size: tuple[int, int] = (0, 0)
    sha256: str = ""
    refused: str = ""


def read_folder(
    inspector: Inspector, folder: Path | None, known: set[tuple[str, str]], scratch: Path
) -> tuple[pd.DataFrame, Path]:
    """Read all photographs below a folder once.

    Parameters
    ----------
    folder : Path
        At any depth; a file is a photograph by its suffix.
    known : set of tuple
        Path and sha256 of what need not be read; it is hashed all the same.
    scratch : Path
        Gets ``images.npy``; made if missing.

    Returns
    -------
    parts : DataFrame
        Columns `PARTS`, a row per file, sorted: ``part`` is the path below the folder, ``refused``
        why it could not be read (else empty), ``known`` whether it was left out.
    images : Path
        A finished ``.npy`` file, uint8, (N, H, W, 3), of the rows that are neither refused
        nor known, in their order.

    Raises
    ------
    VadlineError
        If the folder is missing or holds no photograph, or the disk is full.
    """
    if folder is None:
        raise VadlineError("inspect.folder is not set: add --params inspect.folder=/path/to/parts")
    paths = require_images(folder, "photographs to inspect")
    if others := list_others(folder):
        names = ", ".join(path.relative_to(folder).as_posix() for path in others[:_NAMED])
        more = ", ..." if len(others) > _NAMED else ""
        logger.warning("%d files are no photographs by their name: %s%s", len(others), names, more)

    def read(path: Path) -> _Read:
        return _read(inspector, path, known)

    shape = (*inspector.size, 3)
    scratch.mkdir(parents=True, exist_ok=True)
    rows = []
    with row_files({scratch / "images.npy": shape}) as (images,):
        found = map_in_order(read, paths)
        for one in progress(found, total=len(paths), desc="reading", unit="part"):
            if one.pixels is not None:
                images.append(one.pixels)
            rows.append(
                {
                    "part": one.path.relative_to(folder).as_posix(),
                    "path": str(one.path.absolute()),
                    "sha256": one.sha256,
                    "width": one.size[0],
                    "height": one.size[1],
                    "refused": one.refused,
                    "known": one.pixels is None and not one.refused,
                }
            )
    return pd.DataFrame(rows, columns=list(PARTS)), images.path


def _read(inspector: Inspector, path: Path, known: set[tuple[str, str]]) -> _Read:
    try:
        data = path.read_bytes()
    except OSError as error:
        return _Read(path, refused=error.strerror or str(error))
    sha256 = hashlib.sha256(data).hexdigest()
    if (str(path.absolute()), sha256) in known:
        return _Read(path, sha256=sha256)
    try:
        pixels, size = inspector.read(data)
    except UnreadableImageError as error:
        return _Read(path, sha256=sha256, refused=str(error))
    return _Read(path, pixels, size, sha256)


def join_judged(parts: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Lay what was judged beside the rows that were read; others are ``undecided``.

    Parameters
    ----------
    parts : DataFrame
        Of :func:`read_folder`.
    judged : DataFrame
        Of :func:`judge_all`.
    """
    read = (parts["refused"] == "") & ~parts["known"]
    table = parts.join(judged.set_axis(parts.index[read]))
    return table.assign(decision=table["decision"].where(read, UNDECIDED))


def judge_all(
    inspector: Inspector, images: NDArray[np.uint8]
) -> tuple[pd.DataFrame, AnomalyMaps, dict[str, object]]:
    """Judge many photographs, a few in memory at a time.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        May be memory-mapped, and N nought.

    Returns
    -------
    table : DataFrame
        As :class:`vadline.inspection.inspector.Judged`'s.
    maps : AnomalyMaps
    drift : dict
        Whether the photographs as a whole are unlike those of training:
        :class:`vadline.calibration.DriftVerdict`.
    """
    judged = []
    with progress(total=len(images), desc="judging", unit="part") as bar:
        for start in range(0, len(images), _TOGETHER):
            judged.append(inspector.judge(np.asarray(images[start : start + _TOGETHER])))
            bar.update(len(judged[-1].maps))
    if not judged:
        blank = inspector.judge(np.zeros((1, *images.shape[1:]), np.uint8))
        none = AnomalyMaps(blank.maps.grid[:0], blank.maps.size, blank.maps.blur_sigma)
        return blank.table.iloc[:0], none, inspector.drift(blank.statistics.iloc[:0])
    maps = judged[0].maps
    grid = np.concatenate([each.maps.grid for each in judged])
    table = pd.concat([each.table for each in judged], ignore_index=True)
    drift = inspector.drift(pd.concat([each.statistics for each in judged]))
    return table, AnomalyMaps(grid, maps.size, maps.blur_sigma), drift

"""Nodes of the stage ingest."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.images import ingest, load_roi
from vadline.images.params import ImageParams
from vadline.sources import read_source
from vadline.sources.params import SourceParams

logger = logging.getLogger(__name__)


def ingest_images(
    source: dict[str, Any], images: dict[str, Any], demo_folder: Path, scratch: Path
) -> tuple[pd.DataFrame, NDArray[np.uint8], NDArray[np.uint8], dict[str, Any]]:
    """Read a source once: manifest, images, masks and a report of what was refused."""
    where, how = SourceParams(**source), ImageParams(**images)
    records = read_source(where, demo_folder, how.size)
    # The arrays outlive their files' names: a memory map keeps what it maps.
    with TemporaryDirectory(dir=scratch.parent, ignore_cleanup_errors=True) as folder:
        read = ingest(
            records,
            how.size,
            scratch=Path(folder),
            workers=how.workers,
            sixteen_bit_max=how.sixteen_bit_max,
        )
    for refused in read.report["refused"]:
        logger.warning("Left out %s: %s", refused["path"], refused["reason"])
    for refused in read.report["masks_refused"]:
        logger.warning("Mask not used %s: %s", refused["path"], refused["reason"])
    return read.manifest, read.images, read.masks, read.report


def region_of_interest(source: dict[str, Any], images: dict[str, Any]) -> NDArray[np.bool_]:
    """Read a folder's ``roi.png``; everything counts where there is none."""
    where = SourceParams(**source)
    path = where.folder / "roi.png" if where.name == "folder" and where.folder else None
    use = path is not None and path.exists()
    return load_roi(path if use else None, ImageParams(**images).size)

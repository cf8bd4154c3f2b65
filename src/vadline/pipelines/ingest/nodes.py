"""Nodes of the stage ingest."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.images import ImageParams, ingest
from vadline.sources import SourceParams, apply_verdicts, read_source, take_in

logger = logging.getLogger(__name__)

_NAMED = 3  # files, in the log


def take_in_review(review: str | None, folder: Path) -> pd.DataFrame:
    """Keep what people say of parts, and gather all that they have said so far."""
    return take_in(Path(review).expanduser() if review else None, folder)


def ingest_images(
    source: SourceParams,
    images: ImageParams,
    verdicts: pd.DataFrame,
    demo_folder: Path,
    scratch: Path,
) -> tuple[pd.DataFrame, Path, Path, NDArray[np.bool_], dict[str, Any]]:
    """Read a source once: manifest, images, masks, region and a report of what was refused.

    Images and masks are files in ``scratch``, which their datasets take over. The folder's name
    is fixed, so that what a killed run leaves there is replaced by the next.
    """
    records = apply_verdicts(read_source(source, demo_folder, images.size), verdicts)
    read = ingest(records, images, scratch, source.region_of_interest())
    _warn_of("Left out", read.report["refused"])
    _warn_of("Mask not used", read.report["masks_refused"])
    return read.manifest, read.images, read.masks, read.roi, read.report


def _warn_of(what: str, refused: list[dict[str, str]]) -> None:
    """Name the first files that were refused; the report has all of them."""
    for each in refused[:_NAMED]:
        logger.warning("%s %s: %s", what, each["path"], each["reason"])
    if len(refused) > _NAMED:
        logger.warning("%s: %d more, in ingest_report.json", what, len(refused) - _NAMED)

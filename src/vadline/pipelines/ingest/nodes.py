"""Nodes of the stage ingest."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.cutpaste import as_made, make_parts
from vadline.images import ImageParams, ingest, told_left_out, with_left_out
from vadline.sources import SourceParams, apply_verdicts, list_source, take_in

logger = logging.getLogger(__name__)


def take_in_review(review: str | None, folder: Path) -> pd.DataFrame:
    """Keep what people say of parts, and gather all that they have said so far."""
    return take_in(Path(review).expanduser() if review else None, folder)


def ingest_images(
    source: SourceParams,
    images: ImageParams,
    verdicts: pd.DataFrame,
    made: Path,
    scratch: Path,
) -> tuple[pd.DataFrame, Path, Path, NDArray[np.bool_], dict[str, Any], int]:
    """Read a source once: manifest, images, masks, region, what was refused, and what is white.

    Images and masks are files in ``scratch``, which their datasets take over. The folder's name
    is fixed, so that what a killed run leaves there is replaced by the next.
    """
    if source.name == "cutpaste":
        images = as_made(images, make_parts(source, images, made))
    listing = list_source(source, made, images.longest())
    records = apply_verdicts(listing.records, verdicts)
    read = ingest(records, images, scratch, source.region_of_interest())
    report = with_left_out(read.report, listing.left_out)
    if told := told_left_out(report):
        logger.warning("%s; each is in ingest_report.json, with its reason", told)
    return read.manifest, read.images, read.masks, read.roi, report, read.sixteen_bit_max

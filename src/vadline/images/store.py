"""One pass over the image files, into arrays on disk and a manifest."""

from __future__ import annotations

import hashlib
import logging
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.images.decode import UnreadableImageError, decode
from vadline.images.depth import find_maximum
from vadline.images.masks import read_mask, resize_mask
from vadline.images.params import ImageParams
from vadline.images.region import Region
from vadline.images.report import describe_files
from vadline.images.roi import read_region
from vadline.images.rows import explained, row_files
from vadline.images.shape import find_shape
from vadline.images.threads import map_in_order
from vadline.progress import progress
from vadline.sources.manifest import BAD, COLUMNS, GOOD, Record

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingested:
    """What `ingest` gives; row i of manifest, images and masks is the same photograph.

    Attributes
    ----------
    manifest : DataFrame
        Columns ``vadline.sources.manifest.COLUMNS``; paths as str, ``mask_path`` missing
        (``isna``) for good parts and where the mask is unknown.
    images : Path
        A finished ``.npy`` file, uint8 (N, H, W, 3), RGB.
    masks : Path
        A finished ``.npy`` file, uint8 (N, H, W), 0 or 1; all 0 for good parts and where it is
        unknown.
    roi : ndarray, bool, shape (H, W)
        The region of interest; True everywhere without one.
    report : dict
        See `vadline.images.report.describe_files`, and ``sixteen_bit_max``.
    sixteen_bit_max : int
        The 16-bit value that became white: as set, or as good parts tell.
    """

    manifest: pd.DataFrame
    images: Path
    masks: Path
    roi: NDArray[np.bool_]
    report: dict[str, Any]
    sixteen_bit_max: int


@dataclass(frozen=True)
class _Reading:
    """What one record's files gave: pixels and a row, or the reason why not."""

    record: Record
    pixels: NDArray[np.uint8] | None = None
    mask: NDArray[np.uint8] | None = None
    width: int = 0
    height: int = 0
    sha256: str = ""
    refusal: str | None = None
    mask_refusal: str | None = None


def ingest(
    records: Sequence[Record], params: ImageParams, scratch: Path, roi: Path | None = None
) -> Ingested:
    """Read each file once: hash, decode, resize, write.

    Memory does not grow with the number of images. Files that cannot be read are left out and
    reported; an image whose mask cannot be used stays, its mask unknown. A mask of a bad part
    that marks nothing, or nothing inside the region of interest, counts as one that cannot be
    used.

    Parameters
    ----------
    records : sequence of Record
        In the order that the rows shall have.
    scratch : Path
        Folder for ``images.npy`` and ``masks.npy``; made if missing. Files of an earlier call
        are replaced; after a failure neither is left.
    roi : Path, optional
        The region of interest. No pixel outside has a share in any row of images or masks: it is
        blanked in photographs and is no defect in masks.

    Raises
    ------
    VadlineError
        If the disk is too small, the region cannot be used, or no image, or no good image, can
        be read.
    """
    if not records:
        raise VadlineError("the source lists no images: check source.root")
    size = find_shape(records, params.size, params.workers, params.tiles or (1, 1))
    if cut := params.cut():
        size, tile = cut.whole(size), size
        logger.info(
            "Photographs are read at %d x %d pixels, width x height, in %d rows of %d tiles of "
            "%d x %d",
            *(*size[::-1], cut.rows, cut.columns, *tile[::-1]),
        )
    region = None if roi is None else read_region(roi, size)
    most = params.sixteen_bit_max or find_maximum(records, region, params.workers)
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    masks_refused: list[dict[str, str]] = []
    unmarked = np.zeros(size, np.uint8)

    def read(record: Record) -> _Reading:
        return _read(record, size, most, region)

    files = {scratch / "images.npy": (*size, 3), scratch / "masks.npy": size}
    _require_space(scratch, files, len(records))
    with row_files(files) as (images, masks):
        readings = map_in_order(read, records, params.workers)
        for reading in progress(readings, total=len(records), desc="reading images", unit="img"):
            if reading.pixels is None:
                refused.append({"path": str(reading.record.path), "reason": reading.refusal})
                continue
            images.append(reading.pixels)
            masks.append(unmarked if reading.mask is None else reading.mask)
            if reading.mask_refusal is not None:
                path = str(reading.record.mask_path)
                masks_refused.append({"path": path, "reason": reading.mask_refusal})
            rows.append(_to_row(reading))
        manifest = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"mask_path": "str"})
        _require_goods(manifest, refused)
        report = describe_files(manifest, refused, masks_refused) | {"sixteen_bit_max": most}
    inside = np.ones(size, bool) if region is None else region.at(*size[::-1])
    return Ingested(manifest, images.path, masks.path, inside, report, most)


def _require_space(scratch: Path, files: dict[Path, tuple[int, ...]], count: int) -> None:
    """Make the folder, and fail if it has no room for a row of every record."""
    with explained(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(scratch).free
        free += sum(path.stat().st_size for path in files if path.exists())  # to be replaced
    needed = count * sum(math.prod(row_shape) for row_shape in files.values())
    if needed > free:
        raise VadlineError(
            f"folder {scratch} has {_size(free)} free, {count} images need {_size(needed)}: free"
            " some space or lower images.size"
        )


def _size(count: int) -> str:
    """Write a number of bytes for people."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"


def _read(record: Record, size: tuple[int, int], most: int, region: Region | None) -> _Reading:
    """Read one record's image and, for a bad part, its mask."""
    try:
        data = record.path.read_bytes()
        pixels, (width, height) = decode(data, size, sixteen_bit_max=most, region=region)
    except UnreadableImageError as error:
        return _Reading(record, refusal=str(error))
    except OSError as error:
        return _Reading(record, refusal=error.strerror or str(error))
    mask = mask_refusal = None
    if record.mask_path is not None and record.label == BAD:
        try:
            mask = _read_mask(record.mask_path, (width, height), size, region)
        except UnreadableImageError as error:
            mask_refusal = str(error)
    sha256 = hashlib.sha256(data).hexdigest()
    return _Reading(record, pixels, mask, width, height, sha256, mask_refusal=mask_refusal)


def _read_mask(
    path: Path, image_size: tuple[int, int], size: tuple[int, int], region: Region | None
) -> NDArray[np.uint8]:
    """Read the mask of a bad part; what it marks outside the region does not count."""
    mask = read_mask(path, image_size)
    if region is None:
        resized = resize_mask(mask, size)
    else:
        resized = resize_mask(mask & region.at(*image_size), size) * region.at(*size[::-1])
    if not resized.any():
        where = " inside the region of interest" if mask.any() else ""
        raise UnreadableImageError(f"the mask of a bad part marks no pixel{where}")
    return resized


def _to_row(reading: _Reading) -> dict[str, Any]:
    """Make the manifest's row of an image that was read."""
    record = reading.record
    return {
        "image_id": record.image_id,
        "path": str(record.path),
        "label": record.label,
        "defect": record.defect,
        "mask_path": None if reading.mask is None else str(record.mask_path),
        "source_split": record.source_split,
        "category": record.category,
        "low_shot": record.low_shot,
        "width": reading.width,
        "height": reading.height,
        "sha256": reading.sha256,
        "reviewed": record.reviewed,
    }


def _require_goods(manifest: pd.DataFrame, refused: list[dict[str, str]]) -> None:
    """Fail if nothing, or nothing good, could be read."""
    if not (manifest["label"] == GOOD).any():
        what = "good image" if len(manifest) else "image"
        because = f" ({refused[0]['path']}: {refused[0]['reason']})" if refused else ""
        raise VadlineError(
            f"no {what} could be read, {len(refused)} files were refused{because}:"
            " check source.root and the files"
        )

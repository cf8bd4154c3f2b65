"""One pass over the image files, into memory-mapped arrays and a manifest."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.images.decode import SIXTEEN_BIT_MAX, UnreadableImageError, decode
from vadline.images.masks import read_mask, resize_mask
from vadline.images.report import describe_files
from vadline.progress import progress
from vadline.sources.manifest import BAD, COLUMNS, GOOD, Record

MAX_WORKERS = 16

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Ingested:
    """What `ingest` gives; row i of all three is the same photograph.

    Attributes
    ----------
    manifest : DataFrame
        Columns ``vadline.sources.manifest.COLUMNS``; paths as str, ``mask_path`` missing
        (``isna``) for good parts and where the mask is unknown.
    images : uint8 ndarray (N, H, W, 3)
        RGB, a view of a memory-mapped file.
    masks : uint8 ndarray (N, H, W)
        0 or 1; all 0 for good parts and where it is unknown.
    report : dict
        See `vadline.images.report.describe_files`.
    """

    manifest: pd.DataFrame
    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    report: dict[str, Any]


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
    records: Sequence[Record],
    size: int,
    *,
    scratch: Path,
    workers: int | None = None,
    sixteen_bit_max: int = SIXTEEN_BIT_MAX,
) -> Ingested:
    """Read each file once: hash, decode, resize, store.

    Memory does not grow with the number of images. Files that cannot be read are left out and
    reported; an image whose mask cannot be used stays, its mask unknown. A mask of a bad part
    that marks nothing counts as one that cannot be used.

    Parameters
    ----------
    records : sequence of Record
        In the order that the rows shall have.
    size : int
        Side of the stored images in pixels.
    scratch : Path
        Folder for ``images.npy`` and ``masks.npy``; made if missing. Files of an earlier call
        are replaced.
    workers : int, optional
        Threads; by default one per core, at most 16.
    sixteen_bit_max : int
        The 16-bit value that becomes 255; see `vadline.images.decode.open_image`.

    Returns
    -------
    Ingested

    Raises
    ------
    VadlineError
        If a setting is out of range, the disk is too small, or no image, or no good image, can
        be read.
    """
    if not records:
        raise VadlineError("the source lists no images: check source.root")
    if size < 1 or not 1 <= sixteen_bit_max <= SIXTEEN_BIT_MAX:
        raise VadlineError(
            f"image size {size} must be positive and sixteen_bit_max {sixteen_bit_max} in 1..65535"
        )
    images, masks = _open_arrays(Path(scratch), len(records), size)
    workers = workers or min(os.cpu_count() or 1, MAX_WORKERS)
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    masks_refused: list[dict[str, str]] = []

    def read(record: Record) -> _Reading:
        return _read(record, size, sixteen_bit_max)

    readings = _map_in_order(read, records, workers)
    for reading in progress(readings, total=len(records), desc="reading images", unit="img"):
        if reading.refusal is not None:
            refused.append({"path": str(reading.record.path), "reason": reading.refusal})
            continue
        images[len(rows)] = reading.pixels
        if reading.mask is not None:
            masks[len(rows)] = reading.mask
        if reading.mask_refusal is not None:
            path = str(reading.record.mask_path)
            masks_refused.append({"path": path, "reason": reading.mask_refusal})
        rows.append(_to_row(reading))
    manifest = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"mask_path": "str"})
    _require_goods(manifest, refused)
    report = describe_files(manifest, refused, masks_refused)
    return Ingested(manifest, images[: len(rows)], masks[: len(rows)], report)


def _open_arrays(scratch: Path, count: int, size: int) -> tuple[np.memmap, np.memmap]:
    """Make room for every record; rows that stay unused are never written."""
    scratch.mkdir(parents=True, exist_ok=True)
    needed = count * size * size * 4
    free = shutil.disk_usage(scratch).free
    # A full disk would end a write to a memory map in a bus error, without a message.
    if needed > free:
        raise VadlineError(
            f"{scratch} has {free / 2**30:.1f} GiB free, {count} images at {size}x{size} need"
            f" {needed / 2**30:.1f} GiB: free some space or lower the image size"
        )
    arrays = []
    for name, shape in (("images", (count, size, size, 3)), ("masks", (count, size, size))):
        path = scratch / f"{name}.npy"
        # Truncating a file in place would pull it from under the arrays of an earlier call.
        path.unlink(missing_ok=True)
        arrays.append(np.lib.format.open_memmap(path, "w+", np.uint8, shape))
    return arrays[0], arrays[1]


def _map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[Result]:
    """Map with threads, in order, with a bounded number of results waiting to be taken."""
    remaining = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(remaining, 4 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in islice(remaining, 1))


def _read(record: Record, size: int, sixteen_bit_max: int) -> _Reading:
    """Read one record's image and, for a bad part, its mask."""
    try:
        data = record.path.read_bytes()
        pixels, (width, height) = decode(data, size, sixteen_bit_max=sixteen_bit_max)
    except UnreadableImageError as error:
        return _Reading(record, refusal=str(error))
    except OSError as error:
        return _Reading(record, refusal=error.strerror or str(error))
    mask = mask_refusal = None
    if record.mask_path is not None and record.label == BAD:
        try:
            mask = resize_mask(read_mask(record.mask_path, (width, height)), size)
            if not mask.any():
                mask, mask_refusal = None, "the mask of a bad part marks no pixel"
        except UnreadableImageError as error:
            mask_refusal = str(error)
    sha256 = hashlib.sha256(data).hexdigest()
    return _Reading(record, pixels, mask, width, height, sha256, mask_refusal=mask_refusal)


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

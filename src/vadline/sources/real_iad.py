"""The Real-IAD data set in its single-view protocol: thirty products, seen by the camera C1.

The layout, and how the lists are read, are those of the publisher's own code; CC BY-NC-SA 4.0,
says anomalib.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from vadline.errors import VadlineError
from vadline.sources.listing import require_category, require_folder
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, Record

LISTS = "realiad_jsons_sv"
_PLACES = (LISTS, f"realiad_jsons/{LISTS}")  # as the publisher's code has it, and as unpacked
_IMAGES = ("realiad_1024", "realiad_512", "realiad_256", "realiad_raw")
_VIEW = re.compile(r"_(C[1-5])_")


def find_lists(root: Path) -> Path | None:
    """Find the folder of the single-view lists, one ``<category>.json`` each."""
    return next((root / place for place in _PLACES if (root / place).is_dir()), None)


def read_real_iad(root: Path | None, category: str | None = None) -> list[Record]:
    """Read one product of Real-IAD, as its single-view list splits it.

    Parameters
    ----------
    root : Path
        The folder that holds ``realiad_jsons_sv`` and the photographs: ``realiad_1024``, which
        the publisher's experiments take, or else ``realiad_512``, ``realiad_256`` or
        ``realiad_raw``.

    Returns
    -------
    list of Record
        The kind of a defect is the publisher's code for it. As he does, a photograph without a
        mask is called good, whatever folder it lies in: the camera does not see the defect.

    Raises
    ------
    VadlineError
        If the lists, the category (those that are there, are listed) or its photographs are
        missing, or its list is malformed or names several views.
    """
    root = require_folder(root, f"Real-IAD's {LISTS} and {_IMAGES[0]}")
    lists = find_lists(root)
    if lists is None:
        raise VadlineError(
            f"{root / LISTS} is missing: unpack Real-IAD's realiad_jsons.zip in source.root"
        )
    category = require_category(root, category, (path.stem for path in lists.glob("*.json")))
    file = lists / f"{category}.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        meta = content["meta"]
        rows = [(split, row) for split in (TRAIN, TEST) for row in content[split]]
        home = _photographs(root, str(meta["prefix"]))
        records = [_to_record(home, split, row, meta["normal_class"]) for split, row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise VadlineError(
            f"{file} is no list of Real-IAD ({type(error).__name__}: {error}): it needs meta with"
            " prefix and normal_class, and train and test with image_path, mask_path,"
            " anomaly_class and category"
        ) from error
    views = {view for record in records for view in _VIEW.findall(record.path.name)}
    if len(views) > 1:
        raise VadlineError(
            f"{file} names the views {', '.join(sorted(views))}: the single-view lists have one,"
            f" so put those of {LISTS} there"
        )
    return records


def _photographs(root: Path, prefix: str) -> Path:
    """Return the folder of a category's photographs, in the resolution that is there."""
    for images in _IMAGES:
        if (root / images / prefix).is_dir():
            return root / images / prefix
    raise VadlineError(
        f"folder {root / _IMAGES[0] / prefix} does not exist: unpack there, or in"
        f" {', '.join(_IMAGES[1:])}, Real-IAD's photographs of this category"
    )


def _to_record(home: Path, split: str, row: dict[str, Any], normal: str) -> Record:
    """Turn an entry of a list into a record."""
    image, mask, kind = Path(row["image_path"]), row["mask_path"], str(row["anomaly_class"])
    bad = mask is not None and kind != normal
    return Record(
        image_id=image.with_suffix("").as_posix(),
        path=home / image,
        label=BAD if bad else GOOD,
        defect=kind if bad else GOOD,
        mask_path=home / mask if bad else None,
        source_split=split,
        category=str(row["category"]),
    )

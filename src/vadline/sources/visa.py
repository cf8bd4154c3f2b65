"""The VisA data set: twelve products and one table that splits them all."""

from __future__ import annotations

import csv
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.listing import require_category, require_folder
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, Record

SPLIT_TABLE = "split_csv/1cls.csv"
TABLE_COLUMNS = ("object", "split", "label", "image", "mask")
ANOMALY = "anomaly"


def read_visa(root: Path | None, category: str | None = None) -> list[Record]:
    """Read one product of VisA, as ``split_csv/1cls.csv`` splits it.

    Parameters
    ----------
    root : Path
        The folder that holds a folder per category and ``split_csv``.

    Returns
    -------
    list of Record
        VisA's table tells no kinds of defects apart: all are ``"anomaly"``.

    Raises
    ------
    VadlineError
        If the table is missing, malformed or without the category.
    """
    root = require_folder(root, "VisA's categories and split_csv")
    table = root / SPLIT_TABLE
    if not table.is_file():
        raise VadlineError(f"{table} is missing: set source.root to VisA's top folder")
    with table.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        if not set(TABLE_COLUMNS) <= set(reader.fieldnames or ()):
            raise VadlineError(
                f"{table} needs the columns {','.join(TABLE_COLUMNS)}; it has {reader.fieldnames}"
            )
        rows = list(reader)
    category = require_category(root, category, {row["object"] for row in rows})
    return [_to_record(root, table, row) for row in rows if row["object"] == category]


def _to_record(root: Path, table: Path, row: dict[str, str]) -> Record:
    """Turn a row of the table into a record."""
    if row["label"] not in ("normal", ANOMALY) or row["split"] not in (TRAIN, TEST):
        raise VadlineError(
            f"{table}, row of {row['image']}: label must be normal or anomaly and split train or"
            f" test, not {row['label']!r} and {row['split']!r}"
        )
    bad = row["label"] == ANOMALY
    image = Path(row["image"])
    return Record(
        image_id=image.relative_to(row["object"]).with_suffix("").as_posix()
        if image.is_relative_to(row["object"])
        else image.with_suffix("").as_posix(),
        path=root / image,
        label=BAD if bad else GOOD,
        defect=ANOMALY if bad else GOOD,
        mask_path=root / row["mask"] if bad and row["mask"] else None,
        source_split=row["split"],
        category=row["object"],
    )

"""The MVTec AD data set: fifteen products, defects only in the test part, pixel masks."""

from __future__ import annotations

from pathlib import Path

from vadline.sources.listing import (
    image_id_of,
    list_folders,
    list_images,
    require_folder,
    require_images,
    require_product,
)
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, Record


def read_mvtec(root: Path | None, category: str | None = None) -> list[Record]:
    """Read one product of MVTec AD.

    Parameters
    ----------
    root : Path
        The folder that holds a folder per category; or one of these, with ``category`` for its
        name.

    Returns
    -------
    list of Record
        The kind of a defect is the name of its folder below ``test``; its mask is
        ``ground_truth/<kind>/<name>_mask.png`` where that file is there.

    Raises
    ------
    VadlineError
        If a folder is missing or empty, or the category is not there (those that are, are
        listed).
    """
    root = require_folder(root, "a folder per MVTec category")
    home, category = require_product(root, category, f"{TRAIN}/{GOOD}", "MVTec AD")
    records = [
        Record(image_id_of(path, home), path, GOOD, GOOD, None, TRAIN, category)
        for path in require_images(home / TRAIN / GOOD, "good parts for training")
    ]
    require_images(home / TEST, "test images, a folder per defect")
    for kind in list_folders(home / TEST):
        for path in list_images(home / TEST / kind):
            good = kind == GOOD
            mask = home / "ground_truth" / kind / f"{path.stem}_mask.png"
            records.append(
                Record(
                    image_id=image_id_of(path, home),
                    path=path,
                    label=GOOD if good else BAD,
                    defect=kind,
                    mask_path=mask if not good and mask.is_file() else None,
                    source_split=TEST,
                    category=category,
                )
            )
    return records

"""The MVTec LOCO AD data set: five products, structural and logical anomalies in the test part.

The layout is the publisher's, as his evaluation code and anomalib read it; CC BY-NC-SA 4.0.
"""

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

VALIDATION = "validation"
KINDS = ("logical_anomalies", "structural_anomalies")


def read_mvtec_loco(root: Path | None, category: str | None = None) -> list[Record]:
    """Read one product of MVTec LOCO AD; its validation part is good and trains.

    Parameters
    ----------
    root : Path
        The folder that holds a folder per category; or one of these, with ``category`` for its
        name.

    Returns
    -------
    list of Record
        The kind of a defect is the name of its folder below ``test``; its mask is the folder
        ``ground_truth/<kind>/<name>``, whose files mark one defect each.

    Raises
    ------
    VadlineError
        If a folder is missing or empty, or the category is not there (those that are, are
        listed).
    """
    root = require_folder(root, "a folder per category of MVTec LOCO AD")
    home, category = require_product(root, category, f"{TRAIN}/{GOOD}", "MVTec LOCO AD")
    records = [
        Record(image_id_of(path, home), path, GOOD, GOOD, None, TRAIN, category)
        for part in (TRAIN, VALIDATION)
        for path in require_images(home / part / GOOD, "good parts for training")
    ]
    require_images(home / TEST, f"test images in {GOOD}, {' and '.join(KINDS)}")
    for kind in list_folders(home / TEST):
        good = kind == GOOD
        for path in list_images(home / TEST / kind):
            masks = home / "ground_truth" / kind / path.stem
            records.append(
                Record(
                    image_id=image_id_of(path, home),
                    path=path,
                    label=GOOD if good else BAD,
                    defect=kind,
                    mask_path=masks if not good and masks.is_dir() else None,
                    source_split=TEST,
                    category=category,
                )
            )
    return records

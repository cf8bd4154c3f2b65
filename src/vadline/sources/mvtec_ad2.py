"""The MVTec AD 2 data set: eight products, of whose test parts one of three is public.

The layout is the publisher's, as his own dataset class and anomalib read it; CC BY-NC-SA 4.0.
"""

from __future__ import annotations

from pathlib import Path

from vadline.sources.listing import (
    image_id_of,
    list_images,
    require_folder,
    require_images,
    require_product,
)
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, LeftOut, Listing, Record
from vadline.sources.mvtec import goods_of, mask_in
from vadline.sources.mvtec_loco import VALIDATION

PUBLIC = "test_public"
PRIVATE = ("test_private", "test_private_mixed")


def read_mvtec_ad2(root: Path | None, category: str | None = None) -> Listing:
    """Read one product of MVTec AD 2; its validation part is good and trains.

    Parameters
    ----------
    root : Path
        The folder that holds a folder per category; or one of these, with ``category`` for its
        name.

    Returns
    -------
    Listing
        The public test part tells no kinds of defects apart: all are ``"bad"``; a mask is
        ``test_public/ground_truth/bad/<name>_mask.png`` where that file is there. The private
        test parts, whose labels the publisher keeps, are left out.

    Raises
    ------
    VadlineError
        If a folder is missing or empty, or the category is not there (those that are, are
        listed).
    """
    root = require_folder(root, "a folder per category of MVTec AD 2")
    home, category = require_product(root, category, f"{TRAIN}/{GOOD}", "MVTec AD 2")
    records, mask_of = goods_of(home, category, TRAIN, VALIDATION), mask_in(home / PUBLIC)
    for label in (GOOD, BAD):
        for path in require_images(home / PUBLIC / label, f"{label} parts for testing"):
            records.append(
                Record(
                    image_id=image_id_of(path, home),
                    path=path,
                    label=label,
                    defect=label,
                    mask_path=mask_of(BAD, path.stem) if label == BAD else None,
                    source_split=TEST,
                    category=category,
                )
            )
    private = [path for part in PRIVATE for path in list_images(home / part)]
    reason = "of a private test part, whose labels the publisher keeps"
    return Listing(records, [LeftOut(path, reason) for path in private])

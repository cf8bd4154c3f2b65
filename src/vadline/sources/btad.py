"""The BTAD data set of beanTech: three products, defects only in the test part, pixel masks.

The layout is the publisher's archive's, as anomalib reads it; CC BY-NC-SA 4.0, says anomalib.
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
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, Record

OK, KO = "ok", "ko"


def read_btad(root: Path | None, category: str | None = None) -> list[Record]:
    """Read one product of BTAD.

    Parameters
    ----------
    root : Path
        The folder that holds ``01``, ``02`` and ``03``; or one of these, with ``category`` for
        its name.

    Returns
    -------
    list of Record
        BTAD tells no kinds of defects apart: all are ``"ko"``. A mask has its photograph's name
        in ``ground_truth/ko``, and may have another suffix.

    Raises
    ------
    VadlineError
        If a folder is missing or empty, or the category is not there (those that are, are
        listed).
    """
    root = require_folder(root, "BTAD's products 01, 02 and 03")
    home, category = require_product(root, category, f"{TRAIN}/{OK}", "BTAD")
    masks = {path.stem: path for path in list_images(home / "ground_truth" / KO)}
    records = []
    for split, folder in ((TRAIN, OK), (TEST, OK), (TEST, KO)):
        good = folder == OK
        what = "good parts" if good else "bad parts"
        for path in require_images(home / split / folder, f"{what} of BTAD's {split} part"):
            records.append(
                Record(
                    image_id=image_id_of(path, home),
                    path=path,
                    label=GOOD if good else BAD,
                    defect=GOOD if good else KO,
                    mask_path=None if good else masks.get(path.stem),
                    source_split=split,
                    category=category,
                )
            )
    return records

"""The MVTec LOCO AD data set: five products, structural and logical anomalies in the test part.

The layout is the publisher's, as his evaluation code and anomalib read it; CC BY-NC-SA 4.0.
"""

from __future__ import annotations

from pathlib import Path

from vadline.sources.listing import require_folder, require_images, require_product
from vadline.sources.manifest import GOOD, TEST, TRAIN, Record
from vadline.sources.mvtec import MASKS, goods_of, kinds_of

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
    goods = goods_of(home, category, TRAIN, VALIDATION)
    require_images(home / TEST, f"test images in {GOOD}, {' and '.join(KINDS)}")

    def mask_of(kind: str, name: str) -> Path | None:
        masks = home / MASKS / kind / name
        return masks if masks.is_dir() else None

    return [*goods, *kinds_of(home, category, mask_of)]

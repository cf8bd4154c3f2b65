"""The MVTec AD data set: fifteen products, defects only in the test part, pixel masks."""

from __future__ import annotations

from collections.abc import Callable
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

MASKS, MASK_ENDING = "ground_truth", "_mask"


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
    goods = goods_of(home, category, TRAIN)
    require_images(home / TEST, "test images, a folder per defect")
    return [*goods, *kinds_of(home, category, mask_in(home))]


def mask_in(home: Path) -> Callable[[str, str], Path | None]:
    """Return what finds the mask of a kind and a photograph's name, if there is one."""

    def mask_of(kind: str, name: str) -> Path | None:
        mask = home / MASKS / kind / f"{name}{MASK_ENDING}.png"
        return mask if mask.is_file() else None

    return mask_of


def goods_of(home: Path, category: str, *parts: str) -> list[Record]:
    """Read the good parts to train on, each in the folder ``good`` of some parts of a product.

    Raises
    ------
    VadlineError
        If one has none.
    """
    return [
        Record(image_id_of(path, home), path, GOOD, GOOD, None, TRAIN, category)
        for part in parts
        for path in require_images(home / part / GOOD, "good parts for training")
    ]


def kinds_of(home: Path, category: str, mask_of: Callable[[str, str], Path | None]) -> list[Record]:
    """Read a test part that has a folder for each kind of defect, and one for good parts.

    Parameters
    ----------
    mask_of : callable
        Takes a kind and a photograph's name; returns the mask, if there is one.
    """
    return [
        Record(
            image_id=image_id_of(path, home),
            path=path,
            label=GOOD if kind == GOOD else BAD,
            defect=kind,
            mask_path=None if kind == GOOD else mask_of(kind, path.stem),
            source_split=TEST,
            category=category,
        )
        for kind in list_folders(home / TEST)
        for path in list_images(home / TEST / kind)
    ]

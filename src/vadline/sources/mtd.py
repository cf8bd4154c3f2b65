"""The Magnetic Tile Defects data set with the split that the literature uses."""

from __future__ import annotations

from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.listing import (
    image_id_of,
    list_folders,
    list_images,
    require_folder,
    require_images,
    require_single_product,
)
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, Record

GOOD_FOLDER = "MT_Free"
TRAIN_LIST = "mtd_train_filenames.txt"


def read_mtd(root: Path | None, category: str | None = None) -> list[Record]:
    """Read MTD: the listed good tiles train, all others test.

    Parameters
    ----------
    root : Path
        The folder that holds ``MT_Free``, the five ``MT_<Defect>`` and
        ``mtd_train_filenames.txt``.

    Returns
    -------
    list of Record
        Photographs are the ``.jpg`` files; the kind of a defect is its folder's suffix in
        lower case (``"blowhole"``) and its mask the ``.png`` of the same name.

    Raises
    ------
    VadlineError
        If a folder or the list is missing, the list names a file that is not there, or another
        category is asked for.
    """
    category = require_single_product("mtd", category)
    root = require_folder(root, "MTD's folders MT_*")
    goods = _photographs(root, GOOD_FOLDER)
    train = _read_train_list(root / TRAIN_LIST, {path.name for path in goods})
    records = [
        Record(
            image_id=_image_id(path, root),
            path=path,
            label=GOOD,
            defect=GOOD,
            mask_path=None,
            source_split=TRAIN if path.name in train else TEST,
            category=category,
        )
        for path in goods
    ]
    for folder in list_folders(root):
        if not folder.startswith("MT_") or folder == GOOD_FOLDER:
            continue
        for path in _photographs(root, folder):
            mask = path.with_suffix(".png")
            records.append(
                Record(
                    image_id=_image_id(path, root),
                    path=path,
                    label=BAD,
                    defect=folder.removeprefix("MT_").lower(),
                    mask_path=mask if mask.is_file() else None,
                    source_split=TEST,
                    category=category,
                )
            )
    return records


def _photographs(root: Path, folder: str) -> list[Path]:
    """List the photographs of one folder; masks are the ``.png`` files beside them."""
    require_images(root / folder, "MTD's photographs and masks")
    return [p for p in list_images(root / folder) if p.suffix.lower() in (".jpg", ".jpeg")]


def _image_id(path: Path, root: Path) -> str:
    """Name a tile ``<folder>/<name>``, without the ``Imgs`` that every folder has."""
    return image_id_of(path, root).replace("/Imgs/", "/")


def _read_train_list(path: Path, available: set[str]) -> set[str]:
    """Read the names of the good tiles that train."""
    if not path.is_file():
        raise VadlineError(f"{path} is missing: it lists the good tiles that train")
    names = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()} - {""}
    if missing := sorted(names - available):
        raise VadlineError(
            f"{path} names {missing[0]} and {len(missing) - 1} more that are not in"
            f" {path.parent / GOOD_FOLDER}: complete the download"
        )
    return names

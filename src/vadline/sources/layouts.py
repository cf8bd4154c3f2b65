"""Recognises by its files which layout a folder has, so that its name need not be given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.btad import KO, OK
from vadline.sources.folder import PURPOSE, REMEDY, looks_like_own
from vadline.sources.ksdd2 import MASK_ENDING
from vadline.sources.listing import contents, list_folders, require_folder
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN
from vadline.sources.mtd import GOOD_FOLDER
from vadline.sources.mvtec_ad2 import PUBLIC
from vadline.sources.mvtec_loco import KINDS
from vadline.sources.names import Names, label_of, safe
from vadline.sources.real_iad import find_lists
from vadline.sources.table import TABLE
from vadline.sources.vad import UNSEEN_FOLDER
from vadline.sources.visa import SPLIT_TABLE

_SHOWN = {
    "vad": "VAD",
    "visa": "VisA",
    "mvtec": "MVTec AD",
    "mvtec_loco": "MVTec LOCO AD",
    "mvtec_ad2": "MVTec AD 2",
    "btad": "BTAD",
    "ksdd2": "KolektorSDD2",
    "real_iad": "Real-IAD, single view",
    "elpv": "ELPV",
    "mtd": "MTD",
    "folder": "a folder of your own parts",
}


@dataclass(frozen=True)
class Layout:
    """What a folder was recognised as.

    Attributes
    ----------
    name : str
        Of the source that reads it.
    root : Path
        Where that source begins: the folder, or the one above where it is one product of several.
    category : str or None
        The product that the folder is, where it is one of several.
    """

    name: str
    root: Path
    category: str | None = None

    def source(self, root: Path, category: str | None) -> dict[str, str | None]:
        """Return name, root and category of the source that reads what ``root`` was found to be.

        Parameters
        ----------
        category : str, optional
            As given; one product of several may be called otherwise than its folder.
        """
        home = self.root if self.category and category in (None, self.category) else root
        return {"name": self.name, "root": str(home), "category": category or self.category}

    @property
    def shown(self) -> str:
        """The layout in words."""
        return _SHOWN[self.name]


def recognise(root: Path, names: Names | None = None) -> Layout:
    """Tell the layout of a folder.

    Parameters
    ----------
    names : Names, optional
        Folders of good and bad parts that the user has named; the layout is then ``folder``.

    Raises
    ------
    VadlineError
        If it is not there, or is none that is known; the message says what it holds and what
        would do.
    """
    require_folder(root, PURPOSE)
    if (found := _find(root, names)) is not None:
        return found
    hint = next(filter(None, (_hint(root / name) for name in list_folders(root))), "")
    raise VadlineError(
        f"source.root={root} has no layout that is known (it holds: {contents(root)}): {hint}"
        f"{REMEDY}"
    )


def _hint(folder: Path) -> str:
    """Point to a folder below the root, if that one has a layout that is known."""
    try:
        found = _find(folder, None)
    except (VadlineError, OSError):  # it cannot be opened
        return ""
    return f"{folder} is {found.shown}, so set source.root to it; or " if found else ""


def _find(root: Path, names: Names | None) -> Layout | None:
    if names and (names.good or names.bad):
        return Layout("folder", root)
    if (root / SPLIT_TABLE).is_file():
        return Layout("visa", root)
    home = root.resolve()
    if (home.parent / SPLIT_TABLE).is_file() and (home / "Data" / "Images").is_dir():
        return Layout("visa", home.parent, home.name)
    if (root / GOOD_FOLDER).is_dir():
        return Layout("mtd", root)
    if (root / TABLE).is_file():
        return Layout("folder", root)
    if (root / "labels.csv").is_file() and (root / "images").is_dir():
        return Layout("elpv", root)
    if _is_vad(root):
        return Layout("vad", root)
    if _is_ksdd2(root):
        return Layout("ksdd2", root)
    if find_lists(root) is not None:
        return Layout("real_iad", root)
    if name := _of_product(root):
        product = safe(home.name).rstrip(" .-")
        whole = product == home.name
        return Layout(name, home.parent if whole else home, product or "product")
    folders = list_folders(root)
    if not any(label_of(name) == GOOD for name in folders):
        several = {name for folder in folders if (name := _of_product(root / folder))}
        if len(several) == 1:  # of products of two layouts the user has to choose
            return Layout(several.pop(), root)
    return Layout("folder", root) if looks_like_own(root) else None


def _is_vad(root: Path) -> bool:
    """Tell VAD by what it alone has; train and test with good and bad are anybody's."""
    marks = (root / TEST / UNSEEN_FOLDER).is_dir(), (root / "low_shot_train.json").is_file()
    return (root / TRAIN / GOOD).is_dir() and any(marks)


def _is_ksdd2(root: Path) -> bool:
    """Tell KolektorSDD2: photographs of numbers, each with its mask beside it."""
    masks = (root / TRAIN).glob(f"*{MASK_ENDING}.png")
    numbers = (mask.stem.removesuffix(MASK_ENDING) for mask in masks)
    return (root / TEST).is_dir() and any(
        number.isdigit() and (root / TRAIN / f"{number}.png").is_file() for number in numbers
    )


def _of_product(folder: Path) -> str | None:
    """Name the layout that a folder is one product of, by what that layout alone has."""
    try:
        test = folder / TEST
        if (folder / TRAIN / OK).is_dir() and (test / OK).is_dir() and (test / KO).is_dir():
            return "btad"
        if not (folder / TRAIN / GOOD).is_dir() or _is_vad(folder):
            return None
        if (folder / PUBLIC).is_dir():
            return "mvtec_ad2"
        if any((test / kind).is_dir() for kind in KINDS):
            return "mvtec_loco"
        return "mvtec" if test.is_dir() and _is_mvtec_category(folder) else None
    except OSError:  # it cannot be opened
        return None


def _is_mvtec_category(root: Path) -> bool:
    """Tell a product of MVTec AD: no bad part in train, and a folder per kind in test."""
    if any(label_of(name) == BAD for name in list_folders(root / TRAIN)):
        return False
    kinds = [name for name in list_folders(root / TEST) if label_of(name) is None]
    return bool(kinds) or (root / "ground_truth").is_dir()

"""Finding image files in folders, the same way for every source."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from vadline.errors import VadlineError
from vadline.sources.manifest import LeftOut, Record

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def list_images(folder: Path) -> list[Path]:
    """List the image files below a folder, which may be missing, sorted by path.

    A file is an image by its suffix, in upper or lower case; hidden files and folders are
    skipped. Links to files and folders are followed, and left unresolved in the paths. Whether a
    file can be decoded is found out when it is read.

    Raises
    ------
    VadlineError
        If a folder cannot be opened.
    """
    found = (
        path
        for below in _walk(folder)
        for path in _visible(below)
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    )
    return sorted(found, key=lambda path: path.as_posix())


def list_others(folder: Path) -> list[Path]:
    """List the visible files below a folder that :func:`list_images` leaves out, sorted by path."""
    images = set(list_images(folder))
    found = (path for below in _walk(folder) for path in _visible(below) if path.is_file())
    return sorted((p for p in found if p not in images), key=lambda path: path.as_posix())


def survey(folder: Path) -> tuple[list[Path], list[LeftOut]]:
    """List the image files below a folder as :func:`list_images` does, and all that it leaves out.

    Raises
    ------
    VadlineError
        If a folder cannot be opened.
    """
    images, left_out, walked, folders = [], [], set(), []
    for below in _walk(folder):
        walked.add(below)
        for path in _content(below):
            if path.name.startswith("."):
                left_out.append(LeftOut(path, "hidden: its name begins with a dot"))
            elif path.is_dir():
                folders.append(path)
            elif not path.is_file():
                left_out.append(LeftOut(path, "a link that leads nowhere, or no file"))
            elif path.suffix.lower() not in IMAGE_SUFFIXES:
                left_out.append(LeftOut(path, "no photograph, by its suffix"))
            else:
                images.append(path)
    again = "a link to a folder that is read already, or lies above"
    left_out += [LeftOut(path, again) for path in folders if path not in walked]
    return sorted(images, key=lambda path: path.as_posix()), left_out


def _walk(top: Path) -> Iterator[Path]:
    """Walk over a folder and its visible subfolders, each real folder once.

    Real folders come before links, so that a folder keeps its own name where a link leads to it
    too. A link to a folder above ``top`` is a loop, and would bring in what stands beside it.
    """
    if not top.is_dir():
        return
    above = top.resolve()
    seen: set[Path] = set()
    real, links = deque([top]), deque[Path]()
    while real or links:
        folder = (real or links).popleft()
        resolved = folder.resolve()
        if resolved in seen or (folder != top and above.is_relative_to(resolved)):
            continue
        seen.add(resolved)
        yield folder
        for path in _visible(folder):
            if path.is_dir():
                (links if path.is_symlink() else real).append(path)


def _visible(folder: Path) -> list[Path]:
    """List what a folder holds and does not hide, sorted."""
    return [path for path in _content(folder) if not path.name.startswith(".")]


def _content(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise VadlineError(
            f"folder {folder} cannot be read ({error.strerror}): mend its permissions or remove it"
        ) from error


def list_folders(folder: Path) -> list[str]:
    """Name the visible subfolders of a folder, sorted."""
    return [path.name for path in _visible(folder) if path.is_dir()]


def look_into(folder: Path) -> tuple[list[Path], list[Path]]:
    """List the images and the folders that a folder holds itself, visible ones only."""
    visible = _visible(folder)
    folders = [path for path in visible if path.is_dir()]
    images = [p for p in visible if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()]
    return images, folders


def contents(folder: Path) -> str:
    """Say in a few words what a folder holds."""
    images, folders = look_into(folder)
    others = len(_visible(folder)) - len(folders) - len(images)
    shown = [f"{path.name}/" for path in folders[:8]] + ["..."] * (len(folders) > 8)
    for count, what in ((len(images), "image"), (others, "other file")):
        shown += [f"{count} {what}{'s' * (count > 1)}"] if count else []
    return ", ".join(shown) or "nothing"


def require_folder(folder: Path | None, purpose: str) -> Path:
    """Return ``folder``, or say that it is missing.

    Raises
    ------
    VadlineError
        If it is None (``source.root`` is not set), does not exist or is no folder; the message
        says what the folder is for and what stands beside it.
    """
    if folder is None:
        raise VadlineError(
            "source.root is not set: set it with --params source.root=/path to the folder with"
            f" {purpose}"
        )
    if folder.is_dir():
        return folder
    if folder.exists():
        raise VadlineError(f"{folder} is a file, not a folder: it should hold {purpose}")
    beside = list_folders(folder.parent) if folder.parent.is_dir() else []
    hint = f" ({folder.parent} holds: {', '.join(beside[:12])})" if beside else ""
    raise VadlineError(f"folder {folder} does not exist: it should hold {purpose}{hint}")


def require_images(folder: Path, purpose: str) -> list[Path]:
    """List the images of a folder that must have some.

    Raises
    ------
    VadlineError
        If the folder is missing or holds no image.
    """
    images = list_images(require_folder(folder, purpose))
    if not images:
        raise VadlineError(
            f"folder {folder} holds no images: put {purpose} there ({', '.join(IMAGE_SUFFIXES)})"
        )
    return images


def require_category(root: Path, category: str | None, known: Iterable[str]) -> str:
    """Return ``category`` if the source has it.

    Raises
    ------
    VadlineError
        If it is None or unknown; the message lists the known ones.
    """
    known = sorted(known)
    if category in known:
        return str(category)
    listing = ", ".join(known) if known else "none"
    wrong = "source.category is not set" if category is None else f"no category {category!r}"
    raise VadlineError(f"{wrong}: choose source.category among those of {root}: {listing}")


def require_product(
    root: Path, category: str | None, goods: str, publisher: str
) -> tuple[Path, str]:
    """Return the folder of a product, and its name.

    Parameters
    ----------
    root : Path
        The folder that holds a folder per category; or one of these, with ``category`` for its
        name.
    goods : str
        The folder of training goods below a category's, by which the categories are known.
    publisher : str
        The data set, in words.

    Raises
    ------
    VadlineError
        If there is no such folder, or the category is not there (those that are, are listed).
    """
    known = [name for name in list_folders(root) if (root / name / goods).is_dir()]
    if not known and category is not None and (root / goods).is_dir():
        return root, category
    if not known:
        raise VadlineError(
            f"no <category>/{goods} below {root}: set source.root to {publisher}'s top folder"
        )
    category = require_category(root, category, known)
    return root / category, category


def require_single_product(source: str, category: str | None) -> str:
    """Return the name of a source's only product, which is the source's own.

    Raises
    ------
    VadlineError
        If another category is asked for.
    """
    if category not in (None, source):
        raise VadlineError(
            f"source {source} has one product, no category {category!r}: unset source.category"
        )
    return source


def image_id_of(path: Path, root: Path) -> str:
    """Name an image by its posix path below the root, without its suffix."""
    return path.relative_to(root).with_suffix("").as_posix()


def with_unique_ids(records: Iterable[Record]) -> list[Record]:
    """Sort records by id, after giving back their suffix to those that differ in nothing else.

    ``a.png`` and ``a.jpg`` in one folder would share the id ``a``; they become ``a.png`` and
    ``a.jpg``.
    """
    records = list(records)
    count = Counter(record.image_id for record in records)
    unique = (
        replace(record, image_id=record.image_id + record.path.suffix)
        if count[record.image_id] > 1
        else record
        for record in records
    )
    return sorted(unique, key=lambda record: record.image_id)

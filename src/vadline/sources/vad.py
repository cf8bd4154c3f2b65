"""The VAD data set (one product, train and test parts, unseen defects), or its layout."""

from __future__ import annotations

import csv
import json
from pathlib import Path, PurePosixPath

from vadline.errors import VadlineError
from vadline.sources.listing import (
    image_id_of,
    list_images,
    require_folder,
    require_images,
    require_single_product,
)
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, UNSEEN_PREFIX, Record

UNSEEN_FOLDER = "bad_unseen_defects"
BAD_FOLDERS = ((TRAIN, BAD), (TEST, BAD), (TEST, UNSEEN_FOLDER))


def read_vad(root: Path | None, category: str | None = None) -> list[Record]:
    """Read VAD, which has one product; see `read_layout`."""
    return read_layout(root, require_single_product("vad", category))


def read_layout(root: Path | None, category: str) -> list[Record]:
    """Read a folder laid out as VAD is.

    ``train/good`` must hold images; ``train/bad``, ``test/good``, ``test/bad`` and
    ``test/bad_unseen_defects`` may be empty or missing. ``low_shot_train.json`` (key = seed,
    value = names of files of ``train/bad``), ``defects.csv`` (columns ``file``, posix and
    relative to the root, and ``defect``) and masks (``ground_truth/<split>/<folder>/<name>.png``
    or ``ground_truth/<folder>/<name>.png``) are used where they are.

    Returns
    -------
    list of Record
        The kind of a bad part is its row in ``defects.csv``, else its folder's name; in
        ``test/bad_unseen_defects`` it is prefixed with ``"unseen:"``.

    Raises
    ------
    VadlineError
        If a folder that must be there is missing or empty, or one of the two lists is
        malformed or names a file that is not there.
    """
    root = require_folder(root, "VAD's folders train and test")
    kinds = _read_kinds(root / "defects.csv")
    low_shot = _read_low_shot(root / "low_shot_train.json")
    goods = [(TRAIN, p) for p in require_images(root / TRAIN / GOOD, "good parts for training")]
    goods += [(TEST, p) for p in list_images(root / TEST / GOOD)]
    records = [
        Record(image_id_of(path, root), path, GOOD, GOOD, None, split, category)
        for split, path in goods
    ]
    for split, folder in BAD_FOLDERS:
        for path in list_images(root / split / folder):
            kind = kinds.get(path.relative_to(root).as_posix(), folder)
            records.append(
                Record(
                    image_id=image_id_of(path, root),
                    path=path,
                    label=BAD,
                    defect=f"{UNSEEN_PREFIX}{kind}" if folder == UNSEEN_FOLDER else kind,
                    mask_path=_find_mask(root, split, folder, path),
                    source_split=split,
                    category=category,
                    low_shot=low_shot.get(path.name, "") if split == TRAIN else "",
                )
            )
    return records


def _find_mask(root: Path, split: str, folder: str, path: Path) -> Path | None:
    """Find an image's mask in either of the two layouts, or None."""
    below = path.relative_to(root / split / folder).with_suffix(".png")
    of_split = root / "ground_truth" / split / folder / below
    if of_split.is_file():
        return of_split
    shared = root / "ground_truth" / folder / below
    # ground_truth/bad/1.png is of test/bad/1.png, unless only train/bad has an image 1.
    if split == TRAIN and any((root / TEST / folder / below).parent.glob(f"{below.stem}.*")):
        return None
    return shared if shared.is_file() else None


def _read_kinds(path: Path) -> dict[str, str]:
    """Read ``defects.csv`` into {file below the root: kind}; {} without the file."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        if not {"file", "defect"} <= set(rows.fieldnames or ()):
            raise VadlineError(f"{path} needs the columns file,defect; it has {rows.fieldnames}")
        kinds = {row["file"].strip(): (row["defect"] or "").strip() for row in rows}
    for file, kind in kinds.items():
        if not kind:
            raise VadlineError(f"{path} gives no defect for {file}: fill it in or drop the row")
        if not (path.parent / file).is_file():
            raise VadlineError(f"{path} names {file}, which is not below {path.parent}")
    return kinds


def _read_low_shot(path: Path) -> dict[str, str]:
    """Read ``low_shot_train.json`` into {file name: comma-joined seeds}; {} without the file."""
    if not path.is_file():
        return {}
    try:
        lists = json.loads(path.read_text(encoding="utf-8")).items()
        names = {seed: {PurePosixPath(name).name for name in listed} for seed, listed in lists}
    except (ValueError, TypeError, AttributeError) as error:
        raise VadlineError(
            f"{path} is not a JSON object of seed: [file names of train/bad] ({error})"
        ) from error
    available = {image.name for image in list_images(path.parent / TRAIN / BAD)}
    for seed, listed in names.items():
        if missing := sorted(listed - available):
            raise VadlineError(f"{path}, list {seed!r}, names {missing[0]}, not in train/bad")
    seeds: dict[str, list[str]] = {}
    for seed in sorted(names):
        for name in names[seed]:
            seeds.setdefault(name, []).append(seed)
    return {name: ",".join(found) for name, found in seeds.items()}

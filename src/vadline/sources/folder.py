"""The user's own images, in the layouts that factories have: `docs/parts.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from vadline.errors import VadlineError
from vadline.sources.listing import (
    contents,
    image_id_of,
    list_folders,
    list_images,
    look_into,
    require_folder,
    require_images,
    survey,
)
from vadline.sources.manifest import (
    BAD,
    GOOD,
    TEST,
    TRAIN,
    UNASSIGNED,
    LeftOut,
    Listing,
    Record,
)
from vadline.sources.masks import Spot, beside_parts, match_masks, without_ending
from vadline.sources.names import Names, Place, without_dates
from vadline.sources.table import TABLE, Table, read_table

ROI = "roi.png"
PURPOSE = "your images: good/ and, if there are any, bad/"
REMEDY = (
    "put good parts in good/ (or ok/, pass/), name their folder with source.good=NAME, or list "
    f"all parts in {TABLE}"
)
_UNNAMED = f"not named by {TABLE}"


def read_folder(root: Path | None, category: str | None = None) -> list[Record]:
    """Read a folder of the user's own; see `list_folder`."""
    return list_folder(root, category).records


def list_folder(
    root: Path | None, category: str | None = None, names: Names | None = None
) -> Listing:
    """List the parts of a folder of the user's own, by its folders' names or by ``parts.csv``.

    Parts lie in folders called good and bad, or by another of the usual names; with none for good
    parts, images that lie in the root are good. ``train``, ``test``, dates and shifts may stand
    above these folders and anything below. ``<root>/roi.png`` is no part: it is the region of
    interest, for `vadline.images.read_region`.

    Parameters
    ----------
    category : str, optional
        The product's name in the manifest; by default the folder's name.
    names : Names, optional
        The folders of good and bad parts, where they have other names than the usual ones.

    Returns
    -------
    Listing
        Where any part lies below ``test``, all others are training parts.

    Raises
    ------
    VadlineError
        If the root or a named folder is missing, there are no good parts, or ``parts.csv`` is
        wrong.
    """
    root = require_folder(root, PURPOSE)
    names = _checked(names or Names(), root)
    images, left_out = survey(root)
    images = [path for path in images if path != root / ROI]
    spots = [Spot(path, names.place(_folders(path, root)), path.stem) for path in images]
    beside = beside_parts(spots)
    aside = {spot.path for spot in beside}
    masks = [spot for spot in spots if spot.place.mask and spot.path not in aside]
    spots = [spot for spot in spots if not spot.place.mask and spot.path not in aside]
    known = {spot.stem for spot in spots}
    masks = [m if m.stem in known else replace(m, stem=without_ending(m.stem)) for m in masks]
    if (root / TABLE).is_file():
        table = read_table(root / TABLE)
        records, more = _by_table(root, table, spots)
        left_out = [each for each in left_out if each.path != root / TABLE]
        looks = not table.has_masks
    else:
        records, more = _by_folders(root, spots, names)
        looks = True
    used = {record.path for record in records} | {record.mask_path for record in records}
    free = [mask for mask in [*beside, *masks] if mask.path not in used]
    bads = {record.path for record in records if record.label == BAD}
    if looks:
        given, unused = match_masks([spot for spot in spots if spot.path in bads], free)
    else:
        given, unused = {}, [LeftOut(mask.path, _UNNAMED) for mask in free]
    category = category or root.resolve().name
    records = [
        replace(record, category=category, mask_path=record.mask_path or given.get(record.path))
        for record in _with_splits(records)
    ]
    left_out += [*more, *unused]
    return Listing(records, sorted(left_out, key=lambda each: each.path.as_posix()))


def looks_like_own(root: Path, names: Names | None = None) -> bool:
    """Tell whether a folder can be read as one of the user's own, from its topmost folders alone.

    That is if there is ``parts.csv``, a folder of good parts, or an image that lies in no other
    folder than those of dates and shifts.

    Raises
    ------
    VadlineError
        If a folder cannot be opened.
    """
    if (root / TABLE).is_file():
        return True
    names, loose, seen = names or Names(), False, set()
    pending = [root]
    while pending:
        folder = pending.pop()
        seen.add(folder.resolve())
        images, folders = look_into(folder)
        loose |= any(path != root / ROI for path in images)
        for path in folders:
            place = names.place(path.relative_to(root).parts)
            if place.mask or without_dates(place.above) or path.resolve() in seen:
                continue
            if place.label == GOOD:
                return True
            if place.label is None:
                pending.append(path)
    return loose


def knows_bads(root: Path | None, names: Names | None = None) -> bool:
    """Tell whether a folder holds bad parts that may be learnt from."""
    try:
        records = list_folder(root, names=names).records
    except VadlineError:  # told when the folder is read
        return False
    return any(record.label == BAD and record.source_split != TEST for record in records)


def _by_folders(
    root: Path, spots: Sequence[Spot], names: Names
) -> tuple[list[Record], list[LeftOut]]:
    """Say of each image what its folders say, or why it is left out."""
    sorted_out = any(
        spot.place.label == GOOD and _misplaced(spot.place, names) is None for spot in spots
    )
    if not sorted_out:
        _refuse_no_goods(root, names)
    if names.bad and not any(spot.place.label == BAD for spot in spots):
        raise VadlineError(
            f"source.bad={', '.join(names.bad)} holds no images: name a folder below {root} (it "
            f"holds: {contents(root)})"
        )
    records, left_out = [], []
    for spot in spots:
        label = spot.place.label
        reason = _misplaced(spot.place, names)
        if label is None and reason is None:
            label = GOOD
            reason = "beside the folder of good parts, not in it" if sorted_out else None
        if reason or label is None:
            left_out.append(LeftOut(spot.path, f"{reason}"))
            continue
        kind = spot.place.kind() if label == BAD else GOOD
        records.append(_record(root, spot.path, label, kind, spot.place.split))
    if not any(record.label == GOOD for record in records):
        raise VadlineError(
            f"folder {root} holds no good parts (it holds: {contents(root)}): {REMEDY}"
        )
    return records, left_out


def _by_table(
    root: Path, table: Table, spots: Sequence[Spot]
) -> tuple[list[Record], list[LeftOut]]:
    """Say of each image what ``parts.csv`` says."""
    records = [
        replace(_record(root, row.path, row.label, row.kind, row.split), mask_path=row.mask)
        for row in table.rows
    ]
    if not any(record.label == GOOD for record in records):
        raise VadlineError(f"{root / TABLE} names no good part that is there: add some")
    used = {record.path for record in records} | {record.mask_path for record in records}
    unnamed = [LeftOut(spot.path, _UNNAMED) for spot in spots if spot.path not in used]
    return records, [*table.left_out, *unnamed]


def _record(root: Path, path: Path, label: str, kind: str, split: str | None) -> Record:
    below = path.is_relative_to(root)
    image_id = image_id_of(path, root) if below else path.with_suffix("").as_posix().lstrip("/")
    return Record(image_id, path, label, kind, None, split or UNASSIGNED, "")


def _with_splits(records: Sequence[Record]) -> list[Record]:
    """Call what is no test part a training part if there is a test part, else nothing."""
    rest = TRAIN if any(record.source_split == TEST for record in records) else UNASSIGNED
    return [r if r.source_split == TEST else replace(r, source_split=rest) for r in records]


def _misplaced(place: Place, names: Names) -> str | None:
    """Say why the folders of an image make no part of it; None where they do."""
    if strange := without_dates(place.above):
        return f"its folder {strange[0]} is named neither good nor bad"
    if names.contradict(place):
        return "its folders call it good and bad"
    return None


def _refuse_no_goods(root: Path, names: Names) -> None:
    """Fail where good parts have a folder that holds none; images in the root are none then."""
    if names.good:
        raise VadlineError(
            f"source.good={', '.join(names.good)} holds no images: name a folder below {root} (it "
            f"holds: {contents(root)})"
        )
    for name in list_folders(root):
        if names.place((name,)).label == GOOD and not list_images(root / name):
            require_images(root / name, "images of good parts")


def _folders(path: Path, root: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts[:-1]


def _checked(names: Names, root: Path) -> Names:
    """Bring the folders that the user names to paths below the root."""
    given = {"good": names.good, "bad": names.bad}
    paths = {k: own and tuple(_below(n, root, k) for n in own) for k, own in given.items()}
    return Names(**paths)


def _below(name: str, root: Path, key: str) -> str:
    path = PurePath(name)
    if path.is_absolute() and path.is_relative_to(root.absolute()):
        path = path.relative_to(root.absolute())
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise VadlineError(f"source.{key}={name} is no folder below source.root={root}: name one")
    return path.as_posix()

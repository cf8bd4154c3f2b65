"""The user's own images: a folder of good parts and, if there are any, one of bad parts."""

from __future__ import annotations

import logging
from pathlib import Path

from vadline.sources.listing import image_id_of, list_images, require_folder, require_images
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN, UNASSIGNED, Record

logger = logging.getLogger(__name__)

MASKS = "masks"


def read_folder(root: Path | None, category: str | None = None) -> list[Record]:
    """Read ``<root>/good`` and ``<root>/bad[/<kind>]``.

    A mask is ``<root>/masks/<path of its image below the root>``, with suffix ``.png``. Where
    ``<root>/test/good`` or ``<root>/test/bad`` exists, these are the test part and ``good`` and
    ``bad`` the training part; otherwise the project makes the split. ``<root>/roi.png`` is no
    part: it is the region of interest, for `vadline.images.read_region`.

    Parameters
    ----------
    category : str, optional
        The product's name in the manifest; by default the folder's name.

    Returns
    -------
    list of Record
        The kind of a bad part is the first folder below ``bad``, or ``"bad"`` without one.

    Raises
    ------
    VadlineError
        If the root or ``good`` is missing, or ``good`` holds no images.
    """
    root = require_folder(root, "your images: good/ and, if there are any, bad/")
    category = category or root.resolve().name
    require_images(root / GOOD, "images of good parts")
    has_test = any((root / TEST / label).is_dir() for label in (GOOD, BAD))
    parts = [(root, TRAIN if has_test else UNASSIGNED)]
    if has_test:
        parts.append((root / TEST, TEST))
    records = [
        _to_record(root, part / label, path, label, split, category)
        for part, split in parts
        for label in (GOOD, BAD)
        for path in list_images(part / label)
    ]
    if list_images(root / MASKS) and not any(record.mask_path for record in records):
        example = next((r.image_id for r in records if r.label == BAD), "bad/0001")
        logger.warning(
            "no mask in %s matches a bad image: expected for example %s",
            root / MASKS,
            root / MASKS / f"{example}.png",
        )
    return records


def _to_record(
    root: Path, folder: Path, path: Path, label: str, split: str, category: str
) -> Record:
    """Describe one image of ``folder`` (a good or a bad folder)."""
    below = path.relative_to(folder).parts
    places = (path.relative_to(root), path.relative_to(folder))  # with and without bad/
    masks = [root / MASKS / place.with_suffix(".png") for place in places]
    return Record(
        image_id=image_id_of(path, root),
        path=path,
        label=label,
        defect=below[0] if label == BAD and len(below) > 1 else label,
        mask_path=next((m for m in masks if label == BAD and m.is_file()), None),
        source_split=split,
        category=category,
    )

"""The tree of the source `cutpaste`: some good parts of another source, and some with defects."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.benchmark import paste_defects
from vadline.defects.placing import Region
from vadline.defects.shapes import drawn_shapes, known_shapes
from vadline.errors import VadlineError
from vadline.images import ImageParams, ingest
from vadline.images.encode import as_png
from vadline.images.masks import read_mask
from vadline.images.store import Ingested
from vadline.progress import progress
from vadline.sources import Record, SourceParams, read_source
from vadline.sources.cutpaste import CutPasteParams
from vadline.sources.listing import require_images
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN
from vadline.sources.mvtec import MASK_ENDING, MASKS
from vadline.sources.whole_tree import whole_tree
from vadline.splits.likeness import deal, groups_of_one_thing

logger = logging.getLogger(__name__)

_DRAWN = 64
"""Shapes that are drawn where no defect is known."""


def make_parts(source: SourceParams, images: ImageParams, folder: Path) -> Path:
    """Paste defects on good parts of the source that `source` names, unless that is done already.

    The tree is laid out as a product of MVTec AD: ``train/good`` (parts to learn from),
    ``test/good`` (the source's own test goods, or, where it has none, as many as carry a defect),
    ``test/<paste>`` and ``ground_truth/<paste>``. ``cutpaste.csv`` says of which photograph each
    picture is. Photographs of the same thing are never on two sides. Pictures are as large as
    `images` reads them, so that masks are exact.

    Raises
    ------
    VadlineError
        If the other source cannot be read, has too few good parts, a folder of shapes has none,
        or `folder` holds something else.
    """
    base, own = source.base(), source.cutpaste
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}.of.", dir=folder.parent) as scratch:
        demo = Path(scratch) / "demo"
        listed = functools.cache(lambda: read_source(base, demo, images.longest()))
        arguments = {
            "of": base.model_dump(mode="json", exclude={"cutpaste"}),
            "files": None if base.name == "demo" else _digest(listed()),
            "images": images.model_dump(mode="json", exclude={"workers", "mm_per_pixel"}),
            "cutpaste": own.model_dump(mode="json"),
        }
        with whole_tree(folder, "cutpaste", arguments) as tree:
            if tree is not None:
                roi = base.region_of_interest()
                _fill(tree, ingest(listed(), images, Path(scratch) / "arrays", roi), own)
    return folder


def _digest(records: Sequence[Record]) -> str:
    """Tell apart what a source lists, and files that were written anew."""
    told = hashlib.sha256()
    for record in records:
        stats = [path.stat() for path in (record.path, record.mask_path) if path and path.exists()]
        times = [(each.st_size, each.st_mtime_ns) for each in stats]
        told.update(repr((str(record.path), record.label, record.source_split, times)).encode())
    return told.hexdigest()


def _fill(tree: Path, read: Ingested, params: CutPasteParams) -> None:
    manifest = read.manifest
    pixels, masks = (np.load(path, mmap_mode="r") for path in (read.images, read.masks))
    carriers, tested, learnt = _divide(manifest, pixels, params)
    shapes = _shapes(params, manifest, masks, read.roi)
    pastes = [[params.pastes[i % len(params.pastes)]] for i in range(len(carriers))]
    rng = np.random.default_rng((params.seed, 0x16))
    shapes = shapes or drawn_shapes(_DRAWN, rng)
    made = paste_defects(pixels, carriers, pastes, shapes, read.roi, params.defects, rng)
    files = {
        **{f"{TRAIN}/{GOOD}/{i:04d}.png": row for i, row in enumerate(learnt)},
        **{f"{TEST}/{GOOD}/{i:04d}.png": row for i, row in enumerate(tested)},
    }
    for file, row in progress(files.items(), total=len(files), desc="good parts", unit="part"):
        _write(tree / file, np.asarray(pixels[row]))
    told = [(file, manifest["path"].iloc[row], 0.0) for file, row in files.items()]
    for place, made_of in enumerate(made.table.itertuples()):
        file = f"{TEST}/{made_of.paste}/{place:04d}.png"
        _write(tree / file, made.images[place])
        mask = made.masks[place] * np.uint8(255)
        _write(tree / MASKS / made_of.paste / f"{place:04d}{MASK_ENDING}.png", mask)
        told.append((file, manifest["path"].iloc[made_of.source_row], made_of.share))
    columns = ["file", "made_of", "share"]
    pd.DataFrame(told, columns=columns).to_csv(tree / "cutpaste.csv", index=False)


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_png(pixels))


def _divide(
    manifest: pd.DataFrame, images: NDArray[np.uint8], params: CutPasteParams
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return rows of goods: that carry a defect, that are tested on, that are learnt from."""
    good, test = manifest["label"] == GOOD, manifest["source_split"] == TEST
    tested, rows = np.flatnonzero(good & test), np.flatnonzero(good & ~test)
    sides = 2 if len(tested) else 3
    shots, spare = params.shots or 1, len(rows) - (params.shots or 1)
    count = min(params.images, len(rows) // sides, spare // (sides - 1))
    if count < 1:
        raise VadlineError(
            f"cutpaste takes {shots} good parts to learn from and at least {sides - 1} others; "
            f"there are {len(rows)}: add good parts"
            + (", or lower source.cutpaste.shots" if shots > 1 else "")
        )
    if count < params.images:
        logger.warning(
            "cutpaste: of %d good parts %d carry a defect, and source.cutpaste.images=%d were "
            "asked for: add good parts for more",
            *(len(rows), count, params.images),
        )
    things = groups_of_one_thing(manifest["sha256"].iloc[rows].tolist(), images, rows)
    rng = np.random.default_rng((params.seed, 0xF2B))
    order, pile = deal(things, [count, 0 if len(tested) else count], rng)
    carriers, others, learnt = (rows[order[pile == each]] for each in range(3))
    if not (len(carriers) and len(learnt)):
        raise VadlineError(
            "cutpaste finds photographs of too few different good parts: most look like copies"
        )
    tested = tested if len(tested) else others
    return carriers, np.sort(tested), np.sort(learnt[: params.shots])


def _shapes(
    params: CutPasteParams, manifest: pd.DataFrame, masks: NDArray[np.uint8], roi: Region
) -> list[Region]:
    """Cut out the shapes of the defects that are known; none where none is."""
    folder = params.shapes_folder
    if folder is None:
        bads = np.flatnonzero((manifest["label"] == BAD) & manifest["mask_path"].notna())
        return known_shapes(np.asarray(masks[bads]) * roi)
    found = [
        shape
        for path in require_images(folder, "masks (source.cutpaste.shapes)")
        for shape in known_shapes(read_mask(path)[np.newaxis].astype(np.uint8))
    ]
    if not found:
        raise VadlineError(
            f"source.cutpaste.shapes={folder} has no mask that marks at least 20 connected pixels"
        )
    return found

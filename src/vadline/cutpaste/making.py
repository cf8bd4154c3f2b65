"""The tree of the source `cutpaste`: some good parts of another source, and some with defects."""

from __future__ import annotations

import functools
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

import vadline
from vadline.defects.benchmark import in_turn, paste_defects
from vadline.defects.placing import Region
from vadline.defects.shapes import drawn_shapes, known_shapes
from vadline.errors import VadlineError
from vadline.images import ImageParams, ingest
from vadline.images.decode import UnreadableImageError
from vadline.images.encode import as_png
from vadline.images.masks import mask_files, read_mask
from vadline.images.store import Ingested
from vadline.images.tiles import Tiling
from vadline.progress import progress
from vadline.sources import SourceParams, read_source
from vadline.sources.cutpaste import CutPasteParams
from vadline.sources.listing import list_images, require_images
from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN
from vadline.sources.mvtec import MASK_ENDING, MASKS
from vadline.sources.whole_tree import whole_tree
from vadline.splits.likeness import deal, groups_of_one_thing

logger = logging.getLogger(__name__)


def make_parts(source: SourceParams, images: ImageParams, folder: Path) -> Path:
    """Paste defects on good parts of the source that `source` names, unless that is done already.

    The tree is laid out as a product of MVTec AD: ``train/good`` (parts to learn from),
    ``test/good`` (the source's own test goods, or, where it has none, as many as carry a defect),
    ``test/<paste>`` and ``ground_truth/<paste>``. ``cutpaste.csv`` says of which photograph each
    picture is. Photographs of the same thing are never on two sides. Pictures are as large as
    `images` reads them, so that masks are exact; see `as_made`.

    Raises
    ------
    VadlineError
        If the other source cannot be read, has too few good parts, a folder of shapes has none,
        or `folder` holds something else.
    """
    base, own = source.base(), source.cutpaste
    scratch = folder.parent / f".{folder.name}.of"  # one name, so that nothing stays of a kill
    shutil.rmtree(scratch, ignore_errors=True)
    listed = functools.cache(lambda: read_source(base, scratch / "demo", images.longest()))
    roi = base.region_of_interest()
    files = [roi, *(list_images(own.shapes_folder) if own.shapes_folder else [])]
    if base.name != "demo":  # whose parameters tell its photographs
        files += [path for record in listed() for path in (record.path, record.mask_path)]
    arguments = {
        "vadline": vadline.__version__,
        "of": base.model_dump(mode="json", exclude={"cutpaste"}),
        "images": images.model_dump(mode="json", exclude={"workers", "mm_per_pixel"}),
        "cutpaste": own.model_dump(mode="json"),
        "files": _stamps(files),
    }
    try:
        with whole_tree(folder, "cutpaste", arguments) as tree:
            if tree is not None:
                _fill(tree, ingest(listed(), images, scratch / "arrays", roi), own)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def as_made(images: ImageParams, folder: Path) -> ImageParams:
    """Return settings that read the pictures of a made tree as large as they are."""
    with Image.open(next(folder.rglob("*.png"))) as picture:
        size = picture.size[::-1]
    cut = images.cut()
    return images.model_copy(update={"size": Tiling.of(cut, size).tile if cut else size})


def _stamps(paths: Iterable[Path | None]) -> list[list[object]]:
    """Tell apart files, and those that were written anew."""
    found = (file for path in paths if path for file in mask_files(path))
    times = ((str(file), file.stat()) for file in sorted(found) if file.exists())
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in times]


def _fill(tree: Path, read: Ingested, params: CutPasteParams) -> None:
    manifest = read.manifest
    pixels, masks = (np.load(path, mmap_mode="r") for path in (read.images, read.masks))
    carriers, tested, learnt = _divide(manifest, pixels, params)
    rng = np.random.default_rng((params.seed, 0x16))
    shapes = _shapes(params, manifest, masks, read.roi) or drawn_shapes(rng)
    pastes = in_turn(params.pastes, len(carriers))
    made = paste_defects(pixels, carriers, pastes, shapes, read.roi, params.defects, rng)
    files = {
        **{f"{TRAIN}/{GOOD}/{i:04d}.png": row for i, row in enumerate(learnt)},
        **{f"{TEST}/{GOOD}/{i:04d}.png": row for i, row in enumerate(tested)},
    }
    for file, row in progress(files.items(), total=len(files), desc="good parts", unit="part"):
        _write(tree / file, np.asarray(pixels[row]))
    told = [(file, manifest["image_id"].iloc[row], 0.0) for file, row in files.items()]
    for place, made_of in enumerate(made.table.itertuples()):
        file = f"{TEST}/{made_of.paste}/{place:04d}.png"
        _write(tree / file, made.images[place])
        mask = made.masks[place] * np.uint8(255)
        _write(tree / MASKS / made_of.paste / f"{place:04d}{MASK_ENDING}.png", mask)
        told.append((file, manifest["image_id"].iloc[made_of.source_row], made_of.share))
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
    rows, tested = np.flatnonzero(good), np.flatnonzero(good & test)
    things = groups_of_one_thing(manifest["sha256"].iloc[rows].tolist(), images, rows)
    free = ~np.isin(things, things[test.to_numpy()[rows]])  # no copies of what is tested on
    rows, things = rows[free], things[free]
    sides, shots = 2 if len(tested) else 3, params.shots or 1
    count = min(params.images, len(rows) // sides, (len(rows) - shots) // (sides - 1))
    if count < 1:
        raise VadlineError(
            f"cutpaste takes {shots} good parts to learn from and at least {sides - 1} others; "
            f"there are {len(rows)}: add good parts"
            + (", or lower source.cutpaste.shots" if shots > 1 else "")
        )
    rng = np.random.default_rng((params.seed, 0xF2B))
    order, pile = deal(things, [count, 0 if len(tested) else count], rng)
    carriers, others, learnt = (rows[order[pile == each]] for each in range(3))
    tested = tested if len(tested) else np.sort(others)
    if not all(map(len, (carriers, tested, learnt))):
        raise VadlineError(
            f"cutpaste finds too few different ones among {len(rows)} good parts, most of which "
            "are copies: add photographs of other good parts"
        )
    if len(carriers) < params.images:
        logger.warning(
            "cutpaste: %d of %d good parts carry a defect, source.cutpaste.images=%d were asked "
            "for: add good parts for more",
            *(len(carriers), len(rows), params.images),
        )
    return carriers, tested, np.sort(learnt[: params.shots])


def _shapes(
    params: CutPasteParams, manifest: pd.DataFrame, masks: NDArray[np.uint8], roi: Region
) -> list[Region]:
    """Cut out the shapes of the defects that are known; none where none is."""
    folder = params.shapes_folder
    if folder is None:
        bads = np.flatnonzero((manifest["label"] == BAD) & manifest["mask_path"].notna())
        return known_shapes(np.asarray(masks[bads]) * roi)
    found: list[Region] = []
    for path in require_images(folder, "masks (source.cutpaste.shapes)"):
        try:
            found += known_shapes(read_mask(path)[np.newaxis].astype(np.uint8))
        except UnreadableImageError as error:
            raise VadlineError(
                f"source.cutpaste.shapes: {path}: {error}; mend or remove it"
            ) from error
    if not found:
        raise VadlineError(
            f"source.cutpaste.shapes={folder} has no mask that marks at least 20 connected pixels"
        )
    return found

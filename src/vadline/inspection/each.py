"""Photographs of any kind, one after another: what is said of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vadline.calibration.outcomes import REJECT, UNDECIDED
from vadline.images.decode import UnreadableImageError
from vadline.inspection.result import Inspection, at_own_size, find_defects
from vadline.progress import without_bars

if TYPE_CHECKING:
    from vadline.inspection.inspector import Inspector

Photograph = str | Path | bytes | NDArray[np.uint8] | NDArray[np.uint16]
_TOGETHER = 64  # photographs in memory at once


def inspect_each(
    inspector: Inspector, photographs: Iterable[Photograph], refine: bool
) -> list[Inspection]:
    """Judge photographs, 64 at a time; see :meth:`vadline.inspection.Inspector.inspect`."""
    results: list[Inspection] = []
    for some in _batched(photographs, _TOGETHER):
        results += _inspect(inspector, some, len(results), refine)
    return results


def _inspect(
    inspector: Inspector, photographs: Sequence[Photograph], first: int, refine: bool
) -> list[Inspection]:
    results, pixels, sizes, rows = [], [], [], []
    for row, photograph in enumerate(photographs):
        name = str(photograph if isinstance(photograph, str | Path) else first + row)
        results.append(Inspection(name, UNDECIDED))
        try:
            square, size = inspector.read(photograph)
        except UnreadableImageError as error:
            results[row] = Inspection(name, UNDECIDED, refused=str(error))
            continue
        pixels.append(square)
        sizes.append(size)
        rows.append(row)
    if not rows:
        return results
    images = np.stack(pixels)
    judged = inspector.judge(images)
    maps = judged.maps.pixels(np.arange(len(rows)))
    rejected = np.flatnonzero(judged.table["decision"] == REJECT)
    masks: dict[int, NDArray[np.uint8]] = {}
    if inspector.bundle.masking is not None and len(rejected):
        with without_bars():
            found = inspector.masks(images[rejected], maps[rejected], refine)
        masks = dict(zip(rejected.tolist(), found, strict=True))
    for i, told in enumerate(judged.table.to_dict("records")):
        mask = at_own_size(masks[i], sizes[i]) if i in masks else None
        results[rows[i]] = Inspection(
            results[rows[i]].name,
            told["decision"],
            told["score"],
            told["probability"],
            told["threshold"],
            told["unlike_training"],
            told["reason"],
            anomaly_map=maps[i],
            mask=mask,
            defects=() if mask is None else find_defects(mask, inspector.mm_per_pixel),
        )
    return results


def _batched(items: Iterable[Photograph], count: int) -> Iterator[list[Photograph]]:
    some: list[Photograph] = []
    for item in items:
        some.append(item)
        if len(some) == count:
            yield some
            some = []
    if some:
        yield some

"""Defects of F2PAD's benchmark (eq. 16): pasted in a colour, so that their masks are exact.

Beside the paper's one colour far from what it covers there are two harder kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.params import BenchmarkParams, Paste
from vadline.defects.placing import Image, Region, bounding_box, flip_at_random, place
from vadline.defects.shapes import place_shape
from vadline.defects.stand_ins import StandIns

_ATTEMPTS = 100
_LIKE = {"colour": 0.0, "near": 0.0, "textured": 0.1}
"""Share of the covered pixels that may come out nearer than asked for: textures may meet."""


def paste_defects(
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    pastes: Sequence[Sequence[Paste]],
    shapes: Sequence[Region],
    roi: Region,
    params: BenchmarkParams,
    rng: np.random.Generator,
) -> StandIns:
    """Put defects of all sizes in turn on good parts, each in one shape at one place.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
    rows : ndarray, int64, shape (M,)
        Of the good parts, which are taken in turn; the next one is a part's donor.
    pastes : sequence of sequence of str
        Of each defect, with what it is filled; it is there once with each.
    shapes : sequence of ndarray, bool, shape (h, w)
    roi : ndarray, bool, shape (H, W)
        Region of interest, in which defects lie.

    Returns
    -------
    StandIns
        The table's columns are ``source_row``, ``image`` (the defect's number), ``paste`` and
        ``share`` (of the region that the defect covers).
    """
    made, masks, table = [], [], []
    for index, fillings in enumerate(pastes):
        row, other = rows[index % len(rows)], rows[(index + 1) % len(rows)]
        group = index % (len(params.sizes) - 1)
        share = rng.uniform(params.sizes[group], params.sizes[group + 1])
        mask = place_shape(shapes, share, roi, rng)
        for paste in fillings:
            good, donor = (np.asarray(images[r]) for r in (row, other))
            made.append(paste_shape(good, donor, mask, paste, roi, params, rng))
            masks.append(mask)
            table.append((row, index, paste, float(mask.sum() / roi.sum())))
    columns = ["source_row", "image", "paste", "share"]
    return StandIns(np.stack(made), np.stack(masks), pd.DataFrame(table, columns=columns))


def in_turn(pastes: Sequence[Paste], count: int) -> list[list[Paste]]:
    """Return one paste for each of ``count`` defects, as `paste_defects` takes them."""
    return [[paste] for paste in islice(cycle(pastes), count)]


def paste_shape(
    good: Image,
    donor: Image,
    mask: NDArray[np.uint8],
    paste: Paste,
    roi: Region,
    params: BenchmarkParams,
    rng: np.random.Generator,
) -> Image:
    """Fill a shape, X = S * G + (1 - S) * N (F2PAD, eq. 16).

    Photographs in grey get greys. Where no draw differs from the covered pixels by as much as
    asked for, ``far`` or half of the shift, the one that differs most is taken.

    Parameters
    ----------
    good : ndarray, uint8, shape (H, W, 3)
        N; not changed.
    donor : ndarray, uint8, shape (H, W, 3)
        Another good part, from which ``textured`` takes its patch; ``good`` itself will do.
    mask : ndarray, uint8 {0, 1}, shape (H, W)
        S, with at least one pixel.
    paste : str
        One of `vadline.defects.params.PASTES`.
    roi : ndarray, bool, shape (H, W)
        Where the patch's middle is taken from, and what tells whether photographs are grey.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)
        Equal to ``good`` wherever the mask is 0.
    """
    region = mask > 0
    covered, seen = good[region].astype(np.float64), good[roi]
    grey = bool((seen == seen[:, :1]).all())  # what is outside may be blanked in a colour
    best, most = covered, -1.0
    for _ in range(_ATTEMPTS):
        if paste == "colour":
            drawn, needed = np.broadcast_to(_colour(grey, rng), covered.shape), params.far
        else:
            base = covered if paste == "near" else _patch(donor, region, roi, rng)
            distance = rng.uniform(*params.near)
            drawn, needed = base + distance * _direction(grey, rng), distance / 2
        drawn = np.clip(np.rint(drawn), 0, 255)
        away = float(np.quantile(np.linalg.norm(drawn - covered, axis=1), _LIKE[paste]))
        if away > most:
            best, most = drawn, away
        if away >= needed:
            break
    image = good.copy()
    image[region] = best.astype(np.uint8)
    return image


def _colour(grey: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.integers(256, size=1 if grey else 3) * np.ones(3)


def _direction(grey: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the unit vector, (3,), of a shift in colour."""
    direction = rng.choice([-1.0, 1.0]) * np.ones(3) if grey else rng.normal(size=3)
    return direction / np.linalg.norm(direction)


def _patch(
    donor: Image, region: Region, roi: Region, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Cut a piece of the region's shape, (pixels, 3), out of the donor, mirrored at random."""
    box = bounding_box(region)
    shape = region[box]
    (patch,) = flip_at_random(rng, donor[place(shape.shape, region.shape, rng, roi)])
    return patch[shape].astype(np.float64)

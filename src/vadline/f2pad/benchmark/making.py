"""The images of F2PAD's benchmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.benchmark import paste_shape
from vadline.defects.placing import Region
from vadline.defects.shapes import drawn_shapes, known_shapes, place_shape
from vadline.defects.stand_ins import StandIns
from vadline.f2pad.benchmark.goods import TEST, VALIDATION
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams

_DRAWN = 64
"""Shapes that are drawn where no defect is known."""


def make_images(
    images: NDArray[np.uint8],
    shapes: list[Region],
    roi: NDArray[np.bool_],
    goods: pd.DataFrame,
    params: F2PADBenchmarkParams,
    seed: int,
) -> StandIns:
    """Put defects of all sizes in turn on those goods that are to carry them.

    A test image is there once with each paste, in one shape at one place; of validation images
    each has one paste, in turn.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
    shapes : list of ndarray, bool, shape (h, w)
        Of known defects; where there are none, shapes are drawn.
    roi : ndarray, bool, shape (H, W)
        Region of interest, in which defects lie.
    goods : DataFrame
        As from `divide_goods`.

    Returns
    -------
    StandIns
        The table's further columns: ``image`` (a number), ``paste``, ``share`` (of the region that
        the defect covers) and ``seed``; ``role`` is test or validation.
    """
    rng = np.random.default_rng((seed, 0x16))
    shapes = shapes or drawn_shapes(_DRAWN, rng)
    edges = params.defects.sizes
    made, masks, table = [], [], []
    for role, count in ((TEST, params.images), (VALIDATION, params.validation)):
        rows = goods.loc[goods["part"] == role, "row"].to_numpy()
        for index in range(count):
            row, other = rows[index % len(rows)], rows[(index + 1) % len(rows)]
            group = index % (len(edges) - 1)
            share = rng.uniform(edges[group], edges[group + 1])
            mask = place_shape(shapes, share, roi, rng)
            turn = params.pastes[index % len(params.pastes)]
            for paste in params.pastes if role == TEST else (turn,):
                good, donor = (np.asarray(images[r]) for r in (row, other))
                made.append(paste_shape(good, donor, mask, paste, roi, params.defects, rng))
                masks.append(mask)
                table.append(
                    {
                        "image_id": f"{role} {index} {paste} {seed}",
                        "source_row": row,
                        "role": role,
                        "image": index,
                        "paste": paste,
                        "share": float(mask.sum() / roi.sum()),
                        "seed": seed,
                    }
                )
    return StandIns(np.stack(made), np.stack(masks), pd.DataFrame(table))


def shapes_of_bads(split: pd.DataFrame, masks: NDArray[np.uint8], roi: Region) -> list[Region]:
    """Cut the shapes of defects out of the training bads' masks, as far as these are known."""
    learnt = split["mask_known"] & (split["label"] == "bad") & ~split["test"]
    roles = split[["finetune", "classifier", "forest"]].any(axis="columns")
    return known_shapes(np.asarray(masks[np.flatnonzero(learnt & roles)]) * roi)

"""The images of F2PAD's benchmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.benchmark import in_turn, paste_defects
from vadline.defects.placing import Region
from vadline.defects.shapes import drawn_shapes, known_shapes
from vadline.defects.stand_ins import StandIns
from vadline.f2pad.benchmark.goods import TEST, VALIDATION
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams


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
    shapes, turns = shapes or drawn_shapes(rng), in_turn(params.pastes, params.validation)
    made = []
    for role, pastes in ((TEST, [params.pastes] * params.images), (VALIDATION, turns)):
        rows = goods.loc[goods["part"] == role, "row"].to_numpy()
        own = paste_defects(images, rows, pastes, shapes, roi, params.defects, rng)
        table = own.table.assign(role=role, seed=seed)
        names = [f"{role} {one.image} {one.paste} {seed}" for one in table.itertuples()]
        made.append((own.images, own.masks, table.assign(image_id=names)))
    pixels, masks, tables = zip(*made, strict=True)
    return StandIns(
        np.concatenate(pixels), np.concatenate(masks), pd.concat(tables, ignore_index=True)
    )


def shapes_of_bads(split: pd.DataFrame, masks: NDArray[np.uint8], roi: Region) -> list[Region]:
    """Cut the shapes of defects out of the training bads' masks, as far as these are known."""
    learnt = split["mask_known"] & (split["label"] == "bad") & ~split["test"]
    roles = split[["finetune", "classifier", "forest"]].any(axis="columns")
    return known_shapes(np.asarray(masks[np.flatnonzero(learnt & roles)]) * roi)

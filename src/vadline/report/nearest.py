"""The good part that a part is most like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vadline.report.data import Goods

_SIDE = 32
_MOST_GOODS = 2000  # read for it; beyond, an even choice


def nearest_goods(
    photographs: Sequence[NDArray[np.uint8]], names: Sequence[str], goods: Goods
) -> list[int | None]:
    """Find, for each part, the good training part that looks most like it.

    That is the smallest distance between photographs brought down to 32 x 32 pixels, at which a
    defect hardly counts and how the part lies does. No part is its own neighbour.

    Parameters
    ----------
    photographs : list of ndarray, uint8, shape (H, W, 3)
        Of the parts.
    names : sequence of str
        Their image_ids.

    Returns
    -------
    list of int or None
        Positions in ``goods``, or None where there is no other good part.
    """
    some = np.arange(len(goods.rows))
    if len(some) > _MOST_GOODS:
        some = np.linspace(0, len(some) - 1, _MOST_GOODS).round().astype(np.int64)
    if not len(some) or not len(photographs):
        return [None] * len(photographs)
    known = np.stack([_small(goods.images[int(row)]) for row in goods.rows[some]])
    own = {goods.names[int(position)]: at for at, position in enumerate(some)}
    nearest: list[int | None] = []
    for photograph, name in zip(photographs, names, strict=True):
        distance = np.square(known - _small(photograph)).sum(axis=1)
        if name in own:
            distance[own[name]] = np.inf
        at = int(distance.argmin())
        nearest.append(int(some[at]) if np.isfinite(distance[at]) else None)
    return nearest


def _small(photograph: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = Image.fromarray(np.asarray(photograph)).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32).ravel()

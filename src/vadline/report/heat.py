"""One scale of heat for all maps of a report, and where defects of many parts lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.calibration.outcomes import REJECT
from vadline.report.data import Goods, Pictures
from vadline.report.pictures import resized
from vadline.splits.draws import evenly

_LOOKED_AT = 100  # parts of either side from which the scale is taken
_MEAN_OF = 200  # good parts
_COLD, _HOT = 0.9, 0.9
_SUSPICIOUS = 0.5  # on the scale


@dataclass(frozen=True)
class Heat:
    """Brings anomaly maps to one scale.

    Attributes
    ----------
    low, high : float
        What is shown as nothing, and as hottest.
    """

    low: float
    high: float

    def __call__(self, anomaly_map: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return heat in [0, 1]: ndarray, float32, shape (h, w)."""
        spread = (self.high - self.low) or 1.0
        return np.clip((anomaly_map - self.low) / spread, 0, 1).astype(np.float32)


def fit_heat(decisions: pd.DataFrame, pictures: Pictures) -> Heat | None:
    """Choose the scale: what nine tenths of passed parts' pixels do not exceed is cold.

    Hottest is the peak that nine tenths of rejected parts do not exceed; of all parts, where none
    is rejected. None without maps.
    """
    rejected = decisions["decision"] == REJECT
    sides = []
    for some in (decisions[~rejected], decisions[rejected]):
        rows = evenly(some["row"].to_numpy(), _LOOKED_AT).tolist()
        maps = (each for row in rows if (each := pictures.heat(row)) is not None)
        sides.append([(np.quantile(each, _COLD), each.max()) for each in maps])
    passed, hot = sides[0] or sides[1], sides[1] or sides[0]
    if not passed:
        return None
    low = float(np.median([cold for cold, _ in passed]))
    high = float(np.quantile([peak for _, peak in hot], _HOT))
    return Heat(low, max(high, low + 1e-6))


def suspicious(pictures: Pictures, heat: Heat | None, row: int) -> NDArray[np.bool_] | None:
    """Tell where a part's defect lies: as marked, else as found, else where its map is hot."""
    marked, found = pictures.masks(row)
    for mask in (marked, found):
        if mask is not None:
            return mask
    anomaly_map = None if heat is None else pictures.heat(row)
    return None if heat is None or anomaly_map is None else heat(anomaly_map) > _SUSPICIOUS


def frequency(
    rows: NDArray[np.int64], pictures: Pictures, heat: Heat | None, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Count, at each pixel, the parts whose defect lies there.

    Parameters
    ----------
    rows : ndarray, int64, shape (n,)
        The parts.

    Returns
    -------
    ndarray, float32, shape ``shape``
    """
    total = np.zeros(shape, np.float32)
    for row in rows:
        mask = suspicious(pictures, heat, int(row))
        if mask is not None:
            total += resized(mask.astype(np.float32), shape)
    return total


def mean_photograph(goods: Goods | None, others: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Average good training parts, or ``others`` where there is none.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)
    """
    if goods is not None and len(goods.rows):
        others = [goods.images[row] for row in evenly(goods.rows, _MEAN_OF).tolist()]
    total = np.zeros(others[0].shape, np.float64)
    for photograph in others:
        total += photograph
    return np.round(total / len(others)).astype(np.uint8)

"""Parts that stand in for bad ones which nobody has seen yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STAND_INS = "synthetic/"
"""How the names of stand-ins begin."""


@dataclass(frozen=True)
class StandIns:
    """M good parts with a synthetic defect on each; none where a bad part is known.

    Attributes
    ----------
    images : ndarray, uint8, shape (M, H, W, 3)
    masks : ndarray, uint8 {0, 1}, shape (M, H, W)
    table : DataFrame
        Columns ``image_id``, ``source_row`` (of the good part) and ``role`` (finetune or forest),
        and what else those who make them have to say; row order = array order.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    table: pd.DataFrame

    def rows(self, role: str) -> NDArray[np.int64]:
        """Return those that play a role."""
        return np.flatnonzero(self.table["role"] == role)

    def behind(self, rows: NDArray[np.int64], count: int, role: str) -> NDArray[np.int64]:
        """Append those that play a role to rows of ``count`` photographs.

        Stand-in j is row ``count + j``, as where images are joined.
        """
        return np.concatenate([rows, count + self.rows(role)])

    def names_behind(self, split: pd.DataFrame) -> pd.Series:
        """Return the ``image_id`` of photographs and of stand-ins, by such rows."""
        return pd.concat([split["image_id"], self.table["image_id"]], ignore_index=True)

"""Which good parts get a synthetic defect where no bad part is known (SegAD, section 5.1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vadline.defects.params import SyntheticParams
from vadline.defects.stand_ins import STAND_INS, StandIns
from vadline.defects.synthetic import synthetic_defects

# Role of a stand-in, and the role of the good parts that it is made on.
_MADE_ON = {"finetune": "detector", "forest": "forest"}


def stand_ins(
    images: np.ndarray,
    split: pd.DataFrame,
    segments: np.ndarray,
    params: SyntheticParams,
    seed: int,
) -> StandIns:
    """Make synthetic defects for each role that has no bad part.

    Parameters
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Read one by one.
    split : DataFrame
        The images' roles, row order = array order.
    segments : ndarray, uint8, shape (H, W)
        Segmentation map; nothing is made where it says `OUTSIDE`.

    Returns
    -------
    StandIns
        One for each good part of the role; none where a bad part is known. ``image_id`` is
        ``synthetic/<role>/<id of the good part>``.
    """
    bad = (split["label"] == "bad").to_numpy()
    rows, roles = [], []
    for role, made_on in _MADE_ON.items():
        if not (split[role] & bad).any():
            goods = np.flatnonzero(split[made_on] & ~bad)
            rows.extend(goods.tolist())
            roles.extend([role] * len(goods))
    made, masks = synthetic_defects(images, segments, params, seed=seed, rows=rows)
    names = split["image_id"].iloc[rows].tolist()
    table = pd.DataFrame(
        {
            "image_id": [f"{STAND_INS}{r}/{n}" for r, n in zip(roles, names, strict=True)],
            "source_row": np.array(rows, np.int64),
            "role": pd.array(roles, dtype="str"),
        }
    )
    return StandIns(made, masks, table)

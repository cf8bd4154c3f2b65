"""Which rows and columns of the feature table a set-up's forest sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vadline.defects.stand_ins import StandIns
from vadline.errors import VadlineError
from vadline.splits import folds_of

IMAGE_SCORE = "image_score"
WHOLE = "whole"
"""The segment that is all of the part."""


def image_score_columns(features: pd.DataFrame, detectors: Sequence[str]) -> list[str]:
    """Name the columns ``<detector>.image_score`` of some detectors."""
    wanted = {f"{detector}.{IMAGE_SCORE}" for detector in detectors}
    return [name for name in features if name in wanted]


def setup_columns(
    features: pd.DataFrame,
    detectors: Sequence[str],
    include_image_score: bool,
    classifier: str | None = None,
    whole: bool = False,
) -> list[str]:
    """Name the columns that a set-up's forest is grown on (SegAD section 4).

    Parameters
    ----------
    detectors : sequence of str
        The ``K`` detectors of the set-up.
    include_image_score : bool
        Add each detector's image score, as the authors' code for VisA does.
    classifier : str, optional
        The detector whose image score is the feature g.
    whole : bool
        Take the statistics of the part as one segment, instead of its segments'.

    Returns
    -------
    list of str
        g if there is one, ``4 K L`` statistics, and ``K`` image scores if asked for.
    """
    scores = set(image_score_columns(features, detectors))
    own = [name for name in features if name.split(".")[0] in set(detectors)]
    wanted = [name for name in own if name in scores or _is_whole(name) == whole]
    own = wanted if len(wanted) > len(scores) else own  # the one segment is all of the part
    g = [] if classifier is None else image_score_columns(features, [classifier])
    return g + [name for name in own if include_image_score or name not in scores]


def _is_whole(column: str) -> bool:
    return column.split(".")[1] == WHOLE


def forest_rows(
    features: pd.DataFrame, split: pd.DataFrame, stand_ins: StandIns
) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Choose the forest's rows: its role's images, and all synthetic defects.

    Parameters
    ----------
    features : DataFrame
        Indexed by image_id; synthetic defects have rows that the split does not know.

    Returns
    -------
    rows : Index of image_id
    bad : ndarray, bool, shape (len(rows),)
    folds : ndarray, int64, shape (len(rows),)
        -1 for what is in none.
    """
    asked = stand_ins.behind(np.flatnonzero(split["forest"]), len(split), "forest")
    bad = np.concatenate([split["label"] == "bad", np.ones(len(stand_ins.table), bool)])
    rows = pd.Index(stand_ins.names_behind(split).iloc[asked])
    if missing := list(rows.difference(features.index)):
        raise VadlineError(f"the features lack {missing[0]}: run score_maps again")
    return rows, bad[asked], folds_of(split, stand_ins, asked)

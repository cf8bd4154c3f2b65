"""Decisions that what is known of the parts contradicts."""

from __future__ import annotations

import pandas as pd

from vadline.calibration.outcomes import ACCEPT, REJECT
from vadline.sources.manifest import BAD, GOOD

MISSED, REJECTED = "missed", "rejected"


def wrong_decisions(decisions: pd.DataFrame) -> pd.DataFrame:
    """Choose the bad parts that were accepted, and behind them the good ones that were rejected.

    Parameters
    ----------
    decisions : DataFrame
        ``label``, ``decision`` and ``score`` among others.

    Returns
    -------
    DataFrame
        Those rows, ``wrong`` in front, which is ``"missed"`` or ``"rejected"``; of each half those
        farthest on the wrong side first.
    """
    bad, good = decisions["label"] == BAD, decisions["label"] == GOOD
    missed = decisions[bad & (decisions["decision"] == ACCEPT)].sort_values("score")
    rejected = decisions[good & (decisions["decision"] == REJECT)]
    rejected = rejected.sort_values("score", ascending=False)
    found = pd.concat([missed, rejected], ignore_index=True)
    found.insert(0, "wrong", [MISSED] * len(missed) + [REJECTED] * len(rejected))
    return found

"""What decisions come to, as a table."""

from __future__ import annotations

import pandas as pd

from vadline.calibration.outcomes import REJECT, REVIEW
from vadline.sources.manifest import BAD, GOOD

DECIDED_COLUMNS = ("bads_caught", "goods_rejected", "for_review", "parts")


def decided_table(decisions: pd.DataFrame) -> pd.DataFrame:
    """Sum decisions up, training and test parts apart.

    Parameters
    ----------
    decisions : DataFrame
        As in ``decisions.csv``.

    Returns
    -------
    DataFrame
        A row per value of the column ``part``, the test part first; columns `DECIDED_COLUMNS`, all
        fractions but the count ``parts``. NaN where no part of that kind is known.
    """
    rows = {}
    for name in sorted(decisions["part"].unique(), key=lambda part: (part != "test", part)):
        group = decisions[decisions["part"] == name]
        rejected = group["decision"] == REJECT
        rows[str(name)] = (
            rejected[group["label"] == BAD].mean(),
            rejected[group["label"] == GOOD].mean(),
            (group["decision"] == REVIEW).mean(),
            len(group),
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(DECIDED_COLUMNS), dtype=float)

"""Which good parts get a defect, and which ones detectors learn from."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams
from vadline.splits.leaks import SEEN_ROLES
from vadline.splits.likeness import deal, groups_of_one_thing

logger = logging.getLogger(__name__)

TEST, VALIDATION, NORMAL, FEW = "test", "validation", "normal", "few"


def divide_goods(
    split: pd.DataFrame, images: NDArray[np.uint8], params: F2PADBenchmarkParams, seed: int
) -> pd.DataFrame:
    """Divide the good training parts; the source's test part is left alone.

    A part carries defects for the test, or for validation, or is learnt from; photographs of the
    same thing stay together. At most half of the parts carry defects, where they are too few some
    of them several.

    Parameters
    ----------
    split : DataFrame
        As from `vadline.splits.make_split`.
    images : array, uint8, shape (N, H, W, 3)

    Returns
    -------
    DataFrame
        ``row`` and ``part`` (test, validation, normal, few; learnt from are few and normal, in
        the setting few the former alone), in the order in which they are drawn.

    Raises
    ------
    VadlineError
        If there are too few.
    """
    good = (split["label"] == "good") & ~split["test"]
    rows = np.flatnonzero(good & split[list(SEEN_ROLES)].any(axis="columns"))
    groups = groups_of_one_thing(split["sha256"].iloc[rows].tolist(), images, rows)
    rng = np.random.default_rng((seed, 0xF2B))
    asked = params.images + params.validation
    held = max(0, min(asked, len(rows) // 2, len(rows) - params.shots))
    test = min(held - 1, max(1, round(held * params.images / asked)))
    order, pile = deal(groups, [max(0, test), held - max(0, test)], rng)
    rows = rows[order]
    parts = np.array([TEST, VALIDATION, NORMAL])[pile]
    parts[np.flatnonzero(parts == NORMAL)[: params.shots]] = FEW
    if not {TEST, VALIDATION} <= set(parts):
        raise VadlineError(
            f"f2pad_benchmark takes {params.shots} good training parts to learn from and at least "
            f"2, at best {asked}, others to put defects on; there are {len(rows)}: add good parts, "
            "or lower f2pad_benchmark.shots"
        )
    if held < asked:
        logger.warning(
            "f2pad_benchmark: %d good training parts, %d of which carry the defects of %d images: "
            "add good parts for one each",
            *(len(rows), held, asked),
        )
    return pd.DataFrame({"row": rows, "part": parts})

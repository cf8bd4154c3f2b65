"""What each stage takes from a split."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import TrainingSet
from vadline.images.joined import Joined
from vadline.sources import is_unseen

_TRAINING = ["detector", "finetune", "classifier", "forest"]
_SCORED = ["finetune", "forest", "calibration", "test"]


def scored_rows(split: pd.DataFrame) -> NDArray[np.int64]:
    """Return the images that get a map: all that a detector has not learnt from, or has a fold."""
    apart = split[_SCORED].any(axis="columns") & ~split["detector"]
    return np.flatnonzero(apart | (split["fold"] >= 0))


def judged(split: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which images get a decision: the test part, and whatever has a fold.

    Returns
    -------
    ndarray, bool, shape (N,)
    """
    return (split["test"] | (split["fold"] >= 0)).to_numpy()


def measured(split: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which images the tables are about: the test part, if it has good and bad ones.

    Otherwise, as where there is no test part, all that get a decision.

    Returns
    -------
    ndarray, bool, shape (N,)
    """
    test = split["test"].to_numpy()
    whole = split["label"].iloc[np.flatnonzero(test)].nunique() > 1
    return test if whole or (split["fold"] < 0).all() else judged(split)


def learnt_from(split: pd.DataFrame, role: str, tuned: bool = False) -> dict[str, int]:
    """Count the ``goods`` and ``bads`` that a role's images, or its tuned features, come from."""
    roles = _TRAINING if role == "training" else [role, *(["finetune"] if tuned else [])]
    labels = split.loc[split[roles].any(axis="columns"), "label"]
    return {f"{label}s": int((labels == label).sum()) for label in ("good", "bad")}


def learnt_kinds(split: pd.DataFrame) -> pd.Series:
    """Count the bad training images of each kind of defect, which is the index."""
    learnt = split[["finetune", "forest", "classifier"]].any(axis="columns")
    return split.loc[learnt & (split["label"] == "bad"), "defect"].value_counts()


def unseen_defects(split: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which images show a kind of defect that no training image shows.

    Returns
    -------
    ndarray, bool, shape (N,)
        Where nothing bad was trained on, only the kinds that the source itself calls unseen.
    """
    bad = split["label"] == "bad"
    kinds = set(learnt_kinds(split).index)
    unseen = split["defect"].map(is_unseen).astype(bool)
    if kinds:
        unseen |= ~split["defect"].isin(kinds)
    return (unseen & bad).to_numpy()


def training_set(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    stand_ins: StandIns,
    role: str = "finetune",
) -> TrainingSet:
    """Name a role's images, and the stand-ins for fine-tuning where none is bad; none is copied.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
    masks : ndarray, uint8 {0, 1}, shape (N, H, W)
    roi : ndarray, bool, shape (H, W)
    split : DataFrame
        Of the N photographs, row order = array order.
    role : str
        ``finetune``, ``classifier``, or ``training`` for all that are not kept for calibration or
        test.

    Returns
    -------
    TrainingSet
        Stand-in j is row N + j.
    """
    roles = _TRAINING if role == "training" else [role]
    rows = np.flatnonzero(split[roles].any(axis="columns"))
    made = stand_ins.rows("finetune")
    chosen, ones = split.iloc[rows], np.ones(len(made), bool)
    names = [*chosen["sha256"], *stand_ins.table["image_id"].iloc[made]]
    return TrainingSet(
        Joined([images, stand_ins.images]),
        stand_ins.behind(rows, len(images), "finetune"),
        np.concatenate([chosen["label"] == "bad", ones]),
        Joined([masks, stand_ins.masks]),
        np.concatenate([chosen["mask_known"], ones]),
        roi,
        hashlib.sha256("\n".join(names).encode()).hexdigest(),
    )


def honest_scores(
    scores: pd.DataFrame, split: pd.DataFrame, setup: str
) -> tuple[NDArray[np.float64], tuple[NDArray[np.bool_], ...]]:
    """Return a set-up's scores by row, and which are of goods and bads kept apart, and of test.

    Parameters
    ----------
    scores : DataFrame
        Columns ``image_id`` and ``setup``.

    Returns
    -------
    score : ndarray, float64, shape (N,)
        In the order of ``split``; NaN where there is none.
    goods, bads, test : ndarray, bool, shape (N,)
        A tuple: good ones of calibration, known bad ones that a fold holds, the test part, all
        with a score.
    """
    score = scores.set_index("image_id")[setup].reindex(split["image_id"]).to_numpy(float)
    bad = (split["label"] == "bad").to_numpy() & (split["fold"] >= 0).to_numpy()
    known = np.isfinite(score)
    goods = split["calibration"].to_numpy() & known
    return score, (goods, bad & known, split["test"].to_numpy() & known)

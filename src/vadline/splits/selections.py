"""What each stage takes from a split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.sources import is_unseen

_TRAINING = ["detector", "finetune", "classifier", "forest"]
_SCORED = ["finetune", "forest", "calibration", "test"]


def known_masks(manifest: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which images have a known mask: good ones (an empty one) and those that came with one.

    Parameters
    ----------
    manifest : DataFrame

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    return ((manifest["label"] == "good") | manifest["mask_path"].notna()).to_numpy(dtype=bool)


def scored_rows(split: pd.DataFrame) -> NDArray[np.int64]:
    """Return the images that detectors score: all that have a role but those learnt from.

    Parameters
    ----------
    split : DataFrame

    Returns
    -------
    ndarray of int64
    """
    return np.flatnonzero(split[_SCORED].any(axis="columns") & ~split["detector"])


def unseen_defects(split: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which images show a kind of defect that no training image shows.

    Parameters
    ----------
    split : DataFrame

    Returns
    -------
    ndarray of bool, shape (N,)
        Where nothing bad was trained on, only the kinds that the source itself calls unseen.
    """
    bad = split["label"] == "bad"
    learnt = split[["finetune", "forest", "classifier"]].any(axis="columns")
    kinds = set(split.loc[learnt & bad, "defect"])
    unseen = split["defect"].map(is_unseen).astype(bool)
    if kinds:
        unseen |= ~split["defect"].isin(kinds)
    return (unseen & bad).to_numpy()


@dataclass(frozen=True)
class LabelledSet:
    """What a supervised training learns from, M images.

    Attributes
    ----------
    images : ndarray of uint8, shape (M, H, W, 3)
    labels : ndarray of uint8 {0, 1}, shape (M,)
    masks : ndarray of uint8 {0, 1}, shape (M, H, W)
    mask_known : ndarray of bool, shape (M,)
    fingerprint : str
        Of which photographs these are, in which roles.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    mask_known: NDArray[np.bool_]
    fingerprint: str


def labelled_set(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    manifest: pd.DataFrame,
    split: pd.DataFrame,
    synthetic_images: NDArray[np.uint8],
    synthetic_masks: NDArray[np.uint8],
    synthetic: pd.DataFrame,
    role: str = "finetune",
) -> LabelledSet:
    """Gather a role's images, and the synthetic ones for fine-tuning where none is bad.

    Parameters
    ----------
    images, masks, manifest, split
        Of the N photographs, in one order.
    synthetic_images, synthetic_masks, synthetic
        Of the M synthetic defects, in one order.
    role : str
        ``finetune``, ``classifier``, or ``training`` for all that are not kept for calibration or
        test.

    Returns
    -------
    LabelledSet
    """
    roles = _TRAINING if role == "training" else [role]
    rows = np.flatnonzero(split[roles].any(axis="columns"))
    made = np.flatnonzero(synthetic["role"] == "finetune")
    bad = (split["label"].iloc[rows] == "bad").to_numpy()
    known = known_masks(manifest)[rows]
    names = [*manifest["sha256"].iloc[rows], *synthetic["image_id"].iloc[made]]
    return LabelledSet(
        np.concatenate([images[rows], synthetic_images[made]]),
        np.concatenate([bad, np.ones(len(made), bool)]).astype(np.uint8),
        np.concatenate([masks[rows], synthetic_masks[made]]),
        np.concatenate([known, np.ones(len(made), bool)]),
        hashlib.sha256("\n".join(names).encode()).hexdigest(),
    )

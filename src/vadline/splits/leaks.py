"""Leaks: the same photograph in the test part and in any other role, or in two folds."""

from __future__ import annotations

import pandas as pd

from vadline.errors import VadlineError
from vadline.splits.folds import FOLD_COLUMNS

TEST_ROLE = "test"
SEEN_ROLES = ("detector", "finetune", "classifier", "forest", "calibration")


def check_leaks(split: pd.DataFrame, manifest: pd.DataFrame) -> None:
    """Fail if a test image is also, by name, path or content, in any other role.

    Also if training images of equal content are in different folds, where the split has any.

    Parameters
    ----------
    manifest : DataFrame
        ``image_id``, ``path`` and ``sha256`` of at least the split's images, in any order.

    Raises
    ------
    VadlineError
        Naming the first such pair of files and how many more there are; also if the manifest
        lacks an image of the split.
    """
    if "fold" in split:
        _check_folds(split)
    leaks = _find_leaks(split, manifest)
    if leaks.empty:
        return
    first = leaks.iloc[0]
    more = f" (and {len(leaks) - 1} more training files)" if len(leaks) > 1 else ""
    raise VadlineError(
        f"leak: test image {first['test_path']} and training image {first['path']}"
        f" ({first['role']}) are the same photograph{more}: remove one, or set"
        " split.on_duplicate=drop_train"
    )


def _check_folds(split: pd.DataFrame) -> None:
    training = split[split["fold"] >= 0]
    for column in FOLD_COLUMNS:
        folds = training.groupby("sha256")[column].nunique()
        if (folds > 1).any():
            apart = training.loc[training["sha256"] == folds.idxmax(), "image_id"]
            raise VadlineError(
                f"leak: {apart.iloc[0]} and {apart.iloc[1]} are the same photograph in two folds: "
                "remove one"
            )


def drop_train(split: pd.DataFrame, manifest: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Take every other role from the images whose photograph is also in the test part.

    Returns
    -------
    split : DataFrame
        A copy without leaks.
    dropped : list of str
        The ids of the images that lost their roles.
    """
    leaks = _find_leaks(split, manifest)
    cleaned = split.copy()
    roles = [role for role in SEEN_ROLES if role in split]
    cleaned.loc[split["image_id"].isin(leaks["image_id"]), roles] = False
    return cleaned, leaks["image_id"].tolist()


def _find_leaks(split: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    """List seen images with a copy in the test part: image_id, path, role, test_path."""
    files = manifest.set_index("image_id")[["path", "sha256"]]
    if missing := sorted(set(split["image_id"]) - set(files.index)):
        raise VadlineError(f"the split names image {missing[0]}, which the manifest lacks")
    known = files.loc[split["image_id"]].reset_index()
    roles = split[[role for role in SEEN_ROLES if role in split]].reset_index(drop=True)
    test = known[split[TEST_ROLE].to_numpy()]
    seen = known[roles.any(axis=1)].assign(role=roles.idxmax(axis=1), test_path=None)
    for key in ("path", "sha256"):
        copies = test.drop_duplicates(key).set_index(key, drop=False)["path"]
        seen["test_path"] = seen["test_path"].fillna(seen[key].map(copies))
    return seen[seen["test_path"].notna()].reset_index(drop=True)

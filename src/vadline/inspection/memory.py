"""What an inspector has said before, so that no part is judged twice."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

_FILE = ["path", "sha256"]


def known_parts(path: Path, inspector: str) -> set[tuple[str, str]]:
    """Return path and sha256 of all that an inspector, by its digest, has judged before.

    A part that could not be read is not among them: the reason may have gone.
    """
    said = _recall(path, inspector)
    return set(zip(said["path"], said["sha256"], strict=True))


def recall_into(parts: pd.DataFrame, path: Path, inspector: str) -> pd.DataFrame:
    """Fill in what was said before of parts that are ``known``, and drop that column."""
    known = parts["known"].to_numpy(bool)
    fresh = parts[~known].drop(columns="known")
    if not known.any():
        return fresh
    keys = parts.loc[known, ["part", *_FILE]]
    said = keys.merge(_recall(path, inspector).drop(columns="part"), how="left", on=_FILE)
    said = said.reindex(columns=fresh.columns)  # older releases had fewer
    whole = said if fresh.empty else pd.concat([fresh, said])
    return whole.sort_values("part", ignore_index=True)


def remember(path: Path, inspector: str, parts: pd.DataFrame) -> None:
    """Add what is said now, instead of what was said of the same files before."""
    now = parts.assign(inspector=inspector)
    if path.exists():
        now = pd.concat([pd.read_parquet(path), now])
    now = now.drop_duplicates(["inspector", *_FILE], keep="last")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    now.to_parquet(partial, index=False)
    os.replace(partial, path)


def _recall(path: Path, inspector: str) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame({"part": [], "path": [], "sha256": []}, dtype=str)
    said = pd.read_parquet(path)
    said = said[(said["inspector"] == inspector) & (said["refused"] == "")]
    return said.drop(columns="inspector")

"""What decisions come to: counts, the confusion at a threshold, kinds of defects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vadline.calibration.outcomes import OUTCOMES, REJECT, UNDECIDED
from vadline.sources.manifest import BAD, GOOD, UNSEEN_PREFIX

PARTS = {
    "training": "Training parts, each judged by models that have not seen it",
    "test": "Test parts",
}
_ROOM = 5.0  # how far beyond the threshold a scale reaches, in distances of the lowest score
_DEFAULTS = {"label": "", "defect": "", "part": "", "reason": "", "path": ""}


@dataclass(frozen=True)
class Confusion:
    """Good and bad parts with a score, and those of them above a threshold."""

    name: str
    title: str
    goods: int
    goods_rejected: int
    bads: int
    bads_caught: int


def completed(decisions: pd.DataFrame) -> pd.DataFrame:
    """Give decisions every column that a report may show, those with the highest scores first.

    What is missing or NaN becomes an empty text, False, or NaN where it is a number; of decisions
    "undecided".
    """
    table = decisions.copy()
    for name, default in _DEFAULTS.items():
        table[name] = (
            table[name].astype(object).fillna(default).astype(str) if name in table else default
        )
    table.loc[~table["label"].isin([GOOD, BAD]), "label"] = ""
    odd = table["unlike_training"] if "unlike_training" in table else pd.Series(False, table.index)
    table["unlike_training"] = odd.astype("boolean").fillna(False).astype(bool)
    known = table["decision"].isin(OUTCOMES)
    table["decision"] = table["decision"].where(known, UNDECIDED)
    table["kind"] = [
        kind_in_words(kind) if label == BAD else ""
        for kind, label in zip(table["defect"], table["label"], strict=True)
    ]
    table["image_id"] = table["image_id"].astype(str)
    order = np.argsort(-table["score"].to_numpy(float), kind="stable")  # NaN last
    return table.iloc[order].reset_index(drop=True)


def kind_in_words(defect: str) -> str:
    """Write a kind of defect for people: ``unseen:burn`` is "burn (not in training)"."""
    kind = defect.removeprefix(UNSEEN_PREFIX)
    return f"{kind} (not in training)" if kind != defect else kind


def kind_names(decisions: pd.DataFrame) -> list[str]:
    """Return the known kinds of defects as a person would write them down."""
    named = decisions.loc[decisions["label"] == BAD, "defect"]
    return sorted({name.removeprefix(UNSEEN_PREFIX) for name in named} - {"", BAD})


def threshold_in_use(decisions: pd.DataFrame) -> float:
    """Return the one threshold of all decisions; NaN where none is known."""
    known = decisions["threshold"].dropna()
    return float(known.iloc[0]) if len(known) else math.nan


def counts(decisions: pd.DataFrame) -> dict[str, int]:
    """Count each decision."""
    return {name: int((decisions["decision"] == name).sum()) for name in OUTCOMES}


def confusions(decisions: pd.DataFrame, threshold: float) -> list[Confusion]:
    """Count what a threshold rejects and catches, training and test parts apart.

    Returns
    -------
    list of Confusion
        One for each of the parts' groups that has a label and a score, the test part last.
    """
    known = decisions[(decisions["label"] != "") & decisions["score"].notna()]
    found = []
    for name in sorted(known["part"].unique(), key=lambda part: (part == "test", part)):
        group = known[known["part"] == name]
        bad, above = group["label"] == BAD, group["score"] > threshold
        title = PARTS.get(name, f"Parts: {name}" if name else "All parts")
        sizes = (~bad, ~bad & above, bad, bad & above)
        found.append(Confusion(name, title, *(int(some.sum()) for some in sizes)))
    return found


def kinds(decisions: pd.DataFrame) -> list[dict[str, Any]]:
    """Tell, for each kind of known defect, how many are caught and where their scores lie.

    Returns
    -------
    list of dict
        ``name``, ``parts``, ``caught``, ``share``, ``median`` (a score), ``rows`` (of the frame);
        the kind that is missed most comes first.
    """
    bad = decisions[decisions["label"] == BAD]
    found = []
    for name, group in bad.groupby("kind", sort=True):
        caught = int((group["decision"] == REJECT).sum())
        found.append(
            {
                "name": name or "bad",
                "parts": len(group),
                "caught": caught,
                "share": caught / len(group),
                "median": float(group["score"].median()),
                "rows": group.index.to_numpy(),
            }
        )
    return sorted(found, key=lambda kind: (kind["share"], kind["name"]))


def scale(decisions: pd.DataFrame, threshold: float) -> tuple[float, float]:
    """Return the ends of the axis on which scores are drawn; a few far scores do not squash it."""
    scores = decisions["score"].dropna().to_numpy(float)
    if not len(scores):
        return 0.0, 1.0
    low, high = float(scores.min()), float(scores.max())
    if not math.isnan(threshold):
        low, high = min(low, threshold), max(high, threshold)
        reach = threshold + _ROOM * (threshold - low)
        high = min(high, reach) if reach > threshold else high
    margin = 0.02 * (high - low) or 0.5
    return low - margin, high + margin


def for_script(decisions: pd.DataFrame, thumbnails: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return what the page's script needs of each part, in the frame's order.

    Scores are whole, not rounded, so that the script counts as ``decisions.csv`` does.
    """
    parts = []
    for at, part in enumerate(decisions.to_dict("records")):
        parts.append(
            {
                "id": part["image_id"],
                "path": part["path"],
                "label": part["label"],
                "kind": part["kind"],
                "part": part["part"],
                "score": _number(part["score"]),
                "probability": _number(part.get("probability")),
                "decision": part["decision"],
                "unlike": part["unlike_training"],
                "picture": thumbnails.get(at, ""),
            }
        )
    return parts


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)

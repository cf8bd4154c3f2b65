"""The page that lays two runs side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from vadline.report.differing import (
    RunResult,
    compare_tables,
    differing_settings,
    disagreements,
    warnings,
)
from vadline.report.numbers import kind_in_words, threshold_in_use
from vadline.report.page import page_environment, text_of
from vadline.report.reading import ODD, PHOTOGRAPH, THUMBNAIL, pictures_in

_SHOWN = 60  # parts with pictures
_SIDE = 360.0  # of the plot of scores


@dataclass(frozen=True)
class _Side:
    """What one of the runs says of a part."""

    run: str
    decision: str
    score: float
    threshold: float
    odd: str


def render_comparison(first: RunResult, second: RunResult) -> str:
    """Write the page: tables with differences, settings that differ, parts decided differently.

    It loads nothing, as a report does, and shows a part as the two runs' reports do.

    Parameters
    ----------
    first, second : RunResult
        A difference is the second less the first.

    Returns
    -------
    str
        HTML.
    """
    other = disagreements(first, second)
    return (
        page_environment()
        .get_template("comparison.html.j2")
        .render(
            runs=[first, second],
            warnings=warnings(first, second),
            tables=compare_tables(first, second),
            settings=differing_settings(first, second),
            settings_known=bool(first.settings and second.settings),
            parts=_parts(first, second, other.head(_SHOWN)),
            total=len(other),
            both=first.decisions is not None and second.decisions is not None,
            plot=_plot(first, second),
            style=Markup(text_of("report.css") + text_of("comparison.css")),
        )
    )


def _parts(first: RunResult, second: RunResult, other: pd.DataFrame) -> list[dict[str, Any]]:
    names = set(other["image_id"])
    pictures = [pictures_in(run.page, names) for run in (first, second)]
    shown = []
    for part in other.to_dict("records"):
        name = str(part["image_id"])
        of = [found.get(name, {}) for found in pictures]
        kinds = (PHOTOGRAPH, THUMBNAIL)
        photograph = next((o[kind] for kind in kinds for o in of if kind in o), "")
        sides = [
            _Side(
                f"{end} run",
                str(part[f"decision_{end}"]),
                part[f"score_{end}"],
                part[f"threshold_{end}"],
                found.get(ODD, ""),
            )
            for end, found in zip(("first", "second"), of, strict=True)
        ]
        label, kind = str(part.get("label", "")), str(part.get("defect", ""))
        told = f"{label}: {kind_in_words(kind)}" if label == "bad" and kind != label else label
        shown.append({"name": name, "label": told, "photograph": photograph, "sides": sides})
    return shown


def _plot(first: RunResult, second: RunResult) -> dict[str, Any] | None:
    """Place parts by both scores, in distances from the median to the threshold of each run."""
    if first.decisions is None or second.decisions is None:
        return None
    both = first.decisions.merge(second.decisions, on="image_id", suffixes=("_first", "_second"))
    scores = both[["score_first", "score_second"]].to_numpy(float)
    limits = np.array([threshold_in_use(run.decisions) for run in (first, second)], float)
    some = np.isfinite(scores).all(axis=1)
    if not some.any() or not np.isfinite(limits).all():
        return None
    middle = np.median(scores[some], axis=0)
    reach = np.where(limits > middle, limits - middle, 1.0)
    at = np.clip((scores[some] - middle) / reach, -1.0, 3.0)
    x, y = ((at + 1.0) / 4.0 * _SIDE).T
    labels = both["label_second"] if "label_second" in both else pd.Series("", both.index)
    other = (both["decision_first"] != both["decision_second"])[some]
    points = zip(x, _SIDE - y, labels[some].fillna(""), other, both["image_id"][some], strict=True)
    return {"side": _SIDE, "limit": _SIDE / 2, "points": [tuple(point) for point in points]}

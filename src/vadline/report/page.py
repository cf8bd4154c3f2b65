"""The page itself."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vadline.calibration.outcomes import REJECT
from vadline.report import numbers, tables
from vadline.report.cards import make_cards
from vadline.report.data import ReportData, ReportSize
from vadline.report.heat import Heat, fit_heat, frequency, mean_photograph
from vadline.report.pictures import fitted, heated, jpeg
from vadline.report.wording import share, summary, unbroken

_SCRIPTS = ("shared.js", "review.js", "threshold.js", "table.js", "start.js")
_THUMBNAIL_QUALITY = 70
_MEAN_OF_OTHERS = 50
_KINDS_SHOWN = 30


def render_report(data: ReportData, size: ReportSize | None = None) -> str:
    """Write the report: one page that loads nothing, and may be sent as a file.

    Whatever comes from file names and tables is escaped; a policy in the page keeps the browser
    from the network.

    Parameters
    ----------
    data : ReportData
    size : ReportSize, optional
        How much is shown.

    Returns
    -------
    str
        HTML.
    """
    size = size or ReportSize()
    decisions = numbers.completed(data.decisions)
    threshold = numbers.threshold_in_use(decisions)
    ends = numbers.scale(decisions, threshold)
    heat = fit_heat(decisions, data.pictures)
    confusions = [] if math.isnan(threshold) else numbers.confusions(decisions, threshold)
    return (
        page_environment()
        .get_template("report.html.j2")
        .render(
            data=data,
            summary=summary(decisions),
            counts=numbers.counts(decisions),
            threshold=None if math.isnan(threshold) else threshold,
            confusions=confusions,
            groups=make_cards(data, decisions, heat, ends, size),
            places=_places(data, decisions, heat, size),
            kind_names=numbers.kind_names(decisions),
            kinds=_kinds(data, decisions, heat, size),
            tables=tables.tables_in_words(data.tables),
            glossary=tables.GLOSSARY,
            total=len(decisions),
            has_labels=bool((decisions["label"] != "").any()),
            style=Markup(text_of("report.css")),
            scripts=Markup("\n".join(text_of(name) for name in _SCRIPTS)),
            script_data=_json(_script_data(data, decisions, ends, confusions, size)),
        )
    )


def page_environment() -> Environment:
    """Return what fills in the templates: it escapes, and knows how numbers are written."""
    environment = Environment(
        loader=PackageLoader("vadline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"score": tables.score_in_words, "column": tables.column_in_words}
    environment.filters |= {"share": share, "unbroken": unbroken}
    return environment


def text_of(name: str) -> str:
    """Read a style or a script that becomes part of a page."""
    return (resources.files("vadline.report") / "templates" / name).read_text(encoding="utf-8")


def _script_data(
    data: ReportData,
    decisions: pd.DataFrame,
    ends: tuple[float, float],
    confusions: list[numbers.Confusion],
    size: ReportSize,
) -> dict[str, Any]:
    names = "\n".join([data.product, *sorted(decisions["image_id"])])
    threshold = numbers.threshold_in_use(decisions)
    review = data.review_threshold
    thumbnails = {
        at: jpeg(data.pictures.photograph(int(row)), size.thumbnail, _THUMBNAIL_QUALITY)
        for at, row in enumerate(decisions["row"].iloc[: size.thumbnails])
    }
    return {
        "key": "vadline-review-" + hashlib.sha256(names.encode()).hexdigest()[:16],
        "threshold": None if math.isnan(threshold) else threshold,
        "review": None if review is None or math.isnan(review) else review,
        "ends": ends,
        "groups": [dataclasses.asdict(group) for group in confusions],
        "is_rank": data.is_rank,
        "parts": numbers.for_script(decisions, thumbnails),
    }


def _places(
    data: ReportData, decisions: pd.DataFrame, heat: Heat | None, size: ReportSize
) -> dict[str, Any] | None:
    """Show where defects of rejected parts lie, over the mean good part."""
    rejected = decisions.loc[decisions["decision"] == REJECT, "row"].to_numpy(np.int64)
    if not len(rejected):
        return None
    passed = decisions.loc[decisions["decision"] != REJECT, "row"]
    rows = (passed if len(passed) else decisions["row"]).iloc[:_MEAN_OF_OTHERS]
    mean = mean_photograph(data.goods, [data.pictures.photograph(int(row)) for row in rows])
    mean = fitted(mean, 2 * size.picture)
    often = frequency(rejected, data.pictures, heat, mean.shape[:2])
    if not often.any():
        return None
    most = float(often.max())
    return {
        "mean": jpeg(mean, 2 * size.picture),
        "heat": jpeg(heated(mean, often / most), 2 * size.picture),
        "most": round(most),
        "parts": len(rejected),
    }


def _kinds(
    data: ReportData, decisions: pd.DataFrame, heat: Heat | None, size: ReportSize
) -> list[dict[str, Any]]:
    """Tell of each kind of defect what is caught, and show where it lies."""
    found = numbers.kinds(decisions)
    if not found:
        return []
    first = data.pictures.photograph(int(decisions["row"].iloc[0]))
    mean = fitted(mean_photograph(data.goods, [first]), size.picture // 2)
    for index, kind in enumerate(found):
        rows = decisions["row"].to_numpy(np.int64)[kind.pop("rows")]
        kind["picture"] = ""
        if index < _KINDS_SHOWN:
            often = frequency(rows, data.pictures, heat, mean.shape[:2])
            shown = heated(mean, often / (often.max() or 1.0))
            kind["picture"] = jpeg(shown, size.picture // 2)
    return found


def _json(value: Any) -> Markup:
    """Write JSON that no text in it can break out of its script element."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)

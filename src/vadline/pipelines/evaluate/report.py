"""Nodes of the stage evaluate that make the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from kedro.pipeline import Node
from numpy.typing import NDArray

import vadline
from vadline.config.current import workspace
from vadline.config.line import Line, bound
from vadline.detectors import AnomalyMaps
from vadline.images import told_left_out
from vadline.report import Goods, Pictures, ReportData, ReportSize, moment, render_report
from vadline.splits import learnt_from

TABLES = ("detection", "segad", "kinds", "refinement", "thresholds")
SETTINGS = {
    "Seed": "seed",
    "Backbone": "backbone.name",
    "Protocol": "split.protocol",
    "Scheme": "split.scheme",
    "Share of bad parts that the probability reckons with": "decide.bad_share",
}
"""What the report calls them, to the parameter."""
_NOTE = "Every part was judged by models that have not seen it."


def gather_words(
    calibration: dict[str, Any],
    drift: dict[str, Any],
    split: pd.DataFrame,
    segments: dict[str, str],
    roi: NDArray[np.bool_],
    *rest: Any,
    product: str,
    detectors: list[str],
) -> dict[str, Any]:
    """Gather what the report says.

    ``rest`` are the ingest report, the values of `SETTINGS`, then `TABLES`.
    """
    read, values, tables = rest[0], rest[1 : len(SETTINGS) + 1], rest[len(SETTINGS) + 1 :]
    learnt, folds = learnt_from(split, "training"), int(split["fold"].max()) + 1
    reject, review = calibration["reject"], calibration["review"]
    settings = {
        "Source": product,
        "Parts that it learnt from": f"{learnt['goods']} good, {learnt['bads']} bad",
        "Photographs read at": f"{roi.shape[1]} x {roi.shape[0]} pixels, width x height",
        "Detectors": ", ".join(detectors),
        "Segments": segments["names"],
        "Score that decides": calibration["setup"],
        "False-reject rate asked for": f"{100 * reject['asked']:g} %",
        "Rate for review": "none" if review is None else f"{100 * review['asked']:g} %",
        **{name: str(value) for name, value in zip(SETTINGS, values, strict=True)},
        **({"Folds": str(folds)} if folds else {}),
        "Version of vadline": vadline.__version__,
    }
    return {
        "product": product,
        "made": moment(datetime.now()),
        "promise": calibration["in_words"],
        "drift": drift.get("in_words", ""),
        "drifted": drift["drifted"],
        "is_rank": calibration["probability"] is None,
        "review_threshold": None if review is None else review["threshold"],
        "notes": [_NOTE, *([f"{told}."] if (told := told_left_out(read)) else [])],
        "settings": settings,
        "segments": segments["picture"],
        "tables": {name: table.to_dict("list") for name, table in zip(TABLES, tables, strict=True)},
    }


def gather_parts(
    decisions: pd.DataFrame,
    split: pd.DataFrame,
    manifest: pd.DataFrame,
    log: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add to decisions where each part's pictures lie, -1 where F2PAD has found no mask."""
    names = decisions["image_id"]
    row = pd.Series(np.arange(len(split)), split["image_id"]).reindex(names).to_numpy()
    refined = np.full(len(split), -1)
    if log is not None:
        refined[log["row"].to_numpy(np.int64)] = np.arange(len(log))  # an empty CSV has no types
    files = manifest.set_index("image_id")[["path", "width", "height"]].reindex(names)
    return decisions.assign(
        row=row,
        **{name: files[name].to_numpy() for name in files},
        mask_known=split["mask_known"].to_numpy()[row],
        refined=refined[row],
    )


def draw_report(
    words: dict[str, Any],
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    split: pd.DataFrame,
    cards: int,
    maps: AnomalyMaps,
    refined: NDArray[np.uint8] | None = None,
) -> str:
    """Make the page."""
    marked = set(parts.loc[parts["mask_known"] & (parts["label"] == "bad"), "row"])
    found = dict(zip(parts["row"], parts["refined"], strict=True))
    rows = np.flatnonzero(split["detector"] | split["calibration"])  # both are good alone

    def refined_mask(row: int) -> NDArray[np.uint8] | None:
        return refined[found[row]] if refined is not None and found[row] >= 0 else None

    tables = {name: pd.DataFrame(columns) for name, columns in words["tables"].items()}
    data = ReportData(
        decisions=parts,
        pictures=Pictures(
            photograph=images.__getitem__,
            anomaly_map=lambda row: maps.pixels(np.array([row]))[0],
            truth=(lambda row: masks[row] if row in marked else None) if marked else None,
            found=refined_mask if (parts["refined"] >= 0).any() else None,
        ),
        goods=Goods(images, rows, split["image_id"].iloc[rows].tolist()),
        **(words | {"tables": tables}),
    )
    return render_report(data, ReportSize(cards=cards))


def nodes(line: Line) -> list[Node]:
    """Build the report's nodes: what it says, where its pictures lie, the page."""
    shown = [*line.refined, *line.detectors][0]  # its maps, and its masks where it has them
    settings = [f"params:{name}" for name in SETTINGS.values()]
    log, masks = (
        [f"{name}.{of}" for name in line.refined[:1]] for of in ("refine_log", "refined_masks")
    )
    return [
        Node(
            bound(gather_words, product=workspace(), detectors=list(line.detectors)),
            inputs=[
                *["calibration", "drift_verdict", "split", "report_segments", "roi"],
                "ingest_report",
                *[*settings, *TABLES],
            ],
            outputs="report_words",
            name="gather_words",
        ),
        Node(
            gather_parts,
            inputs=["decided", "split", "manifest", *log],
            outputs="report_parts",
            name="gather_parts",
        ),
        Node(
            draw_report,
            inputs=[
                *["report_words", "report_parts", "images", "masks", "split"],
                *["params:decide.report_cards", f"{shown}.anomaly_maps", *masks],
            ],
            outputs="report",
            name="draw_report",
        ),
    ]

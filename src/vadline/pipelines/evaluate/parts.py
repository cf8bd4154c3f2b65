"""Nodes of the stage evaluate that write each part's pictures, and measure its defects."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from kedro.pipeline import Node
from numpy.typing import NDArray

from vadline.calibration import wrong_decisions
from vadline.calibration.outcomes import REJECT
from vadline.config.line import Line
from vadline.detectors import AnomalyMaps
from vadline.f2pad import initial_masks
from vadline.inspection.defects import BOX, DEFECTS, draw_part, summarise, with_areas
from vadline.inspection.pictures import heat
from vadline.progress import progress
from vadline.sources.manifest import BAD

_SIDE = "params:images.mm_per_pixel"
_WRONG = ("wrong", "image_id", "kind", "part", "score", "threshold", "probability", "picture")
_SUMMARY = tuple(name for name in DEFECTS if name != "defect_area_mm2")


def draw_parts(
    parts: pd.DataFrame,
    roi: NDArray[np.bool_],
    maps: AnomalyMaps,
    threshold: dict[str, float],
    refined: NDArray[np.uint8],
    which: str,
    sixteen_bit_max: int,
    folder: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write mask, map and overlay of rejected parts: F2PAD's masks, or thresholded maps.

    What is accepted and drawn all the same has an empty mask.

    Returns
    -------
    parts : DataFrame
        A row per part that was drawn.
    defects : DataFrame
        A row per connected defect, each part's largest first.
    """
    shown = {"all": len(parts), "none": 0}.get(which)
    wanted = parts[parts["decision"] == REJECT] if shown is None else parts.iloc[:shown]
    shutil.rmtree(folder, ignore_errors=True)  # other parts were rejected then
    drawn, defects = [], []
    for _, part in progress(wanted.iterrows(), total=len(wanted), desc="pictures", unit="part"):
        pixels = maps.pixels(np.array([part["row"]]))
        if part["refined"] >= 0:
            mask = refined[part["refined"]]
        elif part["decision"] == REJECT:
            mask = initial_masks(pixels, threshold["threshold"], roi)[0]
        else:
            mask = np.zeros(roi.shape, np.uint8)
        strength = heat(pixels, threshold["threshold"])[0]
        place = folder / part["image_id"]
        found = draw_part(part, strength, mask, place, sixteen_bit_max)
        named = {"image_id": part["image_id"], "pictures": str(place)}
        drawn.append(named | summarise(found))
        for number, defect in enumerate(found, start=1):
            box = dict(zip(BOX, defect.box, strict=True))
            defects.append(named | {"number": number, **box, "area": defect.area})
    columns = ["image_id", "number", *BOX, "area", "pictures"]
    return (
        pd.DataFrame(drawn, columns=["image_id", *_SUMMARY, "pictures"]),
        pd.DataFrame(defects, columns=columns),
    )


def tabulate_defects(
    defects: pd.DataFrame, decided: pd.DataFrame, mm_per_pixel: float | None
) -> pd.DataFrame:
    """Tell of each defect its place, its area, and the part's kind where the part is known bad."""
    parts = decided.set_index("image_id")
    kinds = parts["defect"].where(parts["label"] == BAD).reindex(defects["image_id"])
    table = with_areas(defects, mm_per_pixel, "area")
    table.insert(1, "kind", kinds.to_numpy())
    return table


def add_defects(
    decided: pd.DataFrame, mm_per_pixel: float | None, drawn: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add to each part what its mask has shown; empty where it has none."""
    if drawn is None:
        drawn = pd.DataFrame(columns=["image_id", *_SUMMARY])
    found = drawn[["image_id", *_SUMMARY]].astype(dict.fromkeys(_SUMMARY, "Int64"))
    table = decided.merge(found, how="left", on="image_id")
    return with_areas(table, mm_per_pixel)


def list_wrong(parts: pd.DataFrame, drawn: pd.DataFrame | None = None) -> pd.DataFrame:
    """List missed bad parts and rejected good ones, each with a picture to look at.

    That is the overlay of what was drawn, and the photograph of any other.
    """
    wrong = wrong_decisions(parts).rename(columns={"defect": "kind"})
    picture = wrong["path"]
    if drawn is not None:
        folders = drawn.set_index("image_id")["pictures"].reindex(wrong["image_id"]).to_numpy()
        overlays = pd.Series(folders, wrong.index, dtype=object).dropna() + "/overlay.png"
        picture = overlays.reindex(wrong.index).fillna(picture)
    return wrong.assign(picture=picture)[list(_WRONG)]


def nodes(line: Line) -> list[Node]:
    """Build the nodes; without a detector that makes masks, none that draws."""
    made = line.refined[:1]
    return [
        *(node for name in made for node in _masked(name)),
        Node(
            add_defects,
            inputs=["decided", _SIDE, *(["drawn_parts"] if made else [])],
            outputs="decisions",
            name="add_defects",
        ),
        Node(
            list_wrong,
            inputs=["report_parts", *(["drawn_parts"] if made else [])],
            outputs="wrong_decisions",
            name="list_wrong",
        ),
    ]


def _masked(name: str) -> list[Node]:
    return [
        Node(
            draw_parts,
            inputs=[
                *["report_parts", "roi", f"{name}.anomaly_maps", f"{name}.mask_threshold"],
                *[f"{name}.refined_masks", "params:decide.pictures"],
                *["sixteen_bit_max", "parts_folder"],
            ],
            outputs=["drawn_parts", "drawn_defects"],
            name="draw_parts",
        ),
        Node(
            tabulate_defects,
            inputs=["drawn_defects", "decided", _SIDE],
            outputs="defects",
            name="tabulate_defects",
        ),
    ]

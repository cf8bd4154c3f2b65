"""The node of the stage evaluate that writes each part's pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from kedro.pipeline import Node
from numpy.typing import NDArray

from vadline.config.line import Line
from vadline.detectors import AnomalyMaps
from vadline.f2pad import initial_masks
from vadline.inspection.defects import DEFECTS, draw_part
from vadline.inspection.pictures import heat
from vadline.progress import progress


def draw_parts(
    parts: pd.DataFrame,
    roi: NDArray[np.bool_],
    maps: AnomalyMaps,
    threshold: dict[str, float],
    refined: NDArray[np.uint8],
    which: str,
    sixteen_bit_max: int,
    folder: Path,
) -> pd.DataFrame:
    """Write mask, map and overlay of rejected parts: F2PAD's masks, or thresholded maps."""
    shown = {"all": len(parts), "none": 0}.get(which)
    wanted = parts[parts["decision"] == "reject"] if shown is None else parts.iloc[:shown]
    rows = []
    for _, part in progress(wanted.iterrows(), total=len(wanted), desc="pictures", unit="part"):
        pixels = maps.pixels(np.array([part["row"]]))
        if part["refined"] >= 0:
            mask = refined[part["refined"]]
        else:
            mask = initial_masks(pixels, threshold["threshold"], roi)[0]
        strength = heat(pixels, threshold["threshold"])[0]
        found = draw_part(part, strength, mask, folder / part["image_id"], sixteen_bit_max)
        rows.append({"image_id": part["image_id"], **found})
    return pd.DataFrame(rows, columns=["image_id", *DEFECTS])


def nodes(line: Line) -> list[Node]:
    """Build the node, where a detector makes masks."""
    return [
        Node(
            draw_parts,
            inputs=[
                *["report_parts", "roi", f"{name}.anomaly_maps", f"{name}.mask_threshold"],
                *[f"{name}.refined_masks", "params:decide.pictures"],
                *["params:images.sixteen_bit_max", "parts_folder"],
            ],
            outputs="defects",
            name="draw_parts",
        )
        for name in line.refined[:1]
    ]

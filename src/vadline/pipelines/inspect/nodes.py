"""Nodes of the pipeline inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import AnomalyMaps
from vadline.inspection import Inspector, InspectParams
from vadline.inspection.defects import DEFECTS, mask_and_draw
from vadline.inspection.folder import join_judged, judge_all, read_folder
from vadline.inspection.memory import known_parts, recall_into, remember
from vadline.inspection.page import inspection_page

COLUMNS = (
    *("part", "decision", "score", "probability", "threshold", "promised", "unlike_training"),
    *("reason", *DEFECTS, "refused", "pictures", "path", "width", "height", "sha256"),
)


def read_parts(
    inspect: InspectParams, inspector: Inspector, before: Path, scratch: Path
) -> tuple[pd.DataFrame, Path]:
    """Read each new photograph once; what cannot be read is a row with its reason."""
    known = set() if inspect.again else known_parts(before, inspector.digest)
    return read_folder(inspector, inspect.path, known, scratch)


def judge_parts(
    inspector: Inspector, parts: pd.DataFrame, images: NDArray[np.uint8]
) -> tuple[pd.DataFrame, AnomalyMaps, dict[str, Any]]:
    """Give every part that was read a score, a decision and its reason."""
    table, maps, drift = judge_all(inspector, images)
    return join_judged(parts, table), maps, drift


def mask_parts(
    inspect: InspectParams,
    inspector: Inspector,
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    maps: AnomalyMaps,
    folder: Path,
) -> pd.DataFrame:
    """Mask the defects of rejected parts, and write mask, map and overlay of each."""
    read = parts[parts["score"].notna()].reset_index(drop=True)
    wanted = np.flatnonzero((read["decision"] == "reject") | inspect.pictures)
    return mask_and_draw(inspector, read, images, maps, wanted, inspect, folder)


def tabulate_parts(
    inspector: Inspector, parts: pd.DataFrame, defects: pd.DataFrame, before: Path
) -> pd.DataFrame:
    """Put a row per part together, with what was said before of known ones, and remember it."""
    table = recall_into(parts.merge(defects, how="left", on="part"), before, inspector.digest)
    remember(before, inspector.digest, table)
    types = dict.fromkeys((*DEFECTS, "width", "height"), "Int64") | {"defect_area_mm2": "float"}
    table = table[list(COLUMNS)].astype(types)
    return table.sort_values("score", ascending=False, na_position="first")


def draw_inspection(
    inspector: Inspector,
    table: pd.DataFrame,
    parts: pd.DataFrame,
    images: NDArray[np.uint8],
    maps: AnomalyMaps,
    drift: dict[str, Any],
) -> str:
    """Make the report on the parts of a folder."""
    row = pd.Series(parts["score"].notna().cumsum() - 1).where(parts["score"].notna(), -1)
    row = row.set_axis(parts["part"]).reindex(table["part"])
    return inspection_page(inspector, table.assign(row=row.to_numpy()), images, maps, drift)

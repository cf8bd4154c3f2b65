"""Nodes of the pipeline segad_ablation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps
from vadline.metrics import segad_row
from vadline.metrics.table_rows import SEGAD_METRICS
from vadline.pipelines.brf_train.nodes import grow_forest
from vadline.pipelines.segad_features.nodes import scored_maps
from vadline.progress import progress
from vadline.segad import ForestParams, SetupParams, segment_maxima
from vadline.splits import measured

ROWS = ("an_det", "one_seg", "max", "bt", "rf", "segad")
"""The detector alone; BRF on the part as one segment, and on the maximum of each segment; boosted
trees, a random forest and BRF on all segments' statistics."""


def describe_maxima(
    anomaly_maps: AnomalyMaps,
    synthetic_maps: AnomalyMaps,
    scores: pd.DataFrame,
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
    segment_names: list[str],
    *,
    name: str,
) -> pd.DataFrame:
    """Take the maximum of each segment of one detector's maps, in the order of its scores."""
    found = [
        segment_maxima(chunk, own, len(segment_names))
        for chunk, own in scored_maps(anomaly_maps, synthetic_maps, split, segments)
    ]
    columns = [f"{name}.{segment}.maximum" for segment in segment_names]
    frame = pd.DataFrame(np.concatenate(found), columns=columns)
    return frame.assign(**{"image_id": scores["image_id"].to_numpy()})


def ablate(
    features: pd.DataFrame,
    split: pd.DataFrame,
    synthetic: StandIns,
    forest: ForestParams,
    seed: int,
    *maxima: pd.DataFrame,
    names: list[str],
) -> pd.DataFrame:
    """Measure each row on each detector alone, and average over these (SegAD, table 6)."""
    some = split[measured(split)]
    bad = (some["label"] == "bad").to_numpy()
    cells: dict[str, dict[str, float]] = {row: {} for row in ROWS}
    with progress(total=len(names) * (len(ROWS) - 1), desc="ablation", unit="forest") as bar:
        for name, highest in zip(names, maxima, strict=True):
            for row in ROWS:
                if row == "an_det":
                    scores = features.set_index("image_id")[f"{name}.image_score"]
                else:
                    table = highest if row == "max" else features
                    kind = row if row in ("bt", "rf") else "brf"
                    own = SetupParams(detectors=(name,), whole=row == "one_seg")
                    settings = forest.model_copy(update={"kind": kind, "trees": None})
                    grown = grow_forest(table, split, synthetic, own, settings, False, seed)
                    scores = grown[1].set_index("image_id")["score"]
                    bar.update()
                found = segad_row(bad, scores.reindex(some["image_id"]).to_numpy())
                cells[row] |= {f"{name}_{key}": found[key] for key in SEGAD_METRICS}
    table = pd.DataFrame.from_dict(cells, orient="index").rename_axis("row")
    for key in reversed(SEGAD_METRICS):
        own_columns = [f"{name}_{key}" for name in names]
        table.insert(0, key, table[own_columns].mean(axis="columns"))
    return table.reset_index()

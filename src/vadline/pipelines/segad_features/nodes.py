"""Nodes of the stage segad_features."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.detectors import AnomalyMaps
from vadline.progress import progress
from vadline.segad import feature_frame, segment_statistics
from vadline.splits import scored_rows


def describe_segments(
    anomaly_maps: AnomalyMaps,
    synthetic_maps: AnomalyMaps,
    scores: pd.DataFrame,
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
    segment_names: list[str],
    *,
    name: str,
) -> pd.DataFrame:
    """Describe each segment of each of one detector's maps, in the order of its scores."""
    parts = []
    with progress(total=len(scores), desc=f"{name}: statistics", unit="map") as bar:
        for maps, rows in (
            (anomaly_maps, scored_rows(split)),
            (synthetic_maps, np.arange(len(synthetic_maps))),
        ):
            for _, chunk in maps.chunks(rows):
                parts.append(segment_statistics(chunk, segments, len(segment_names)))
                bar.update(len(chunk))
    frame = feature_frame(np.concatenate(parts), name, segment_names, scores["image_id"])
    frame[f"{name}.image_score"] = scores["score"].to_numpy()
    return frame.reset_index()


def join_features(*frames: pd.DataFrame) -> pd.DataFrame:
    """Put all detectors' columns side by side."""
    indexed = [frame.set_index("image_id") for frame in frames]
    return pd.concat(indexed, axis="columns", join="inner").reset_index()

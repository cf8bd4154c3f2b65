"""Nodes of the stage segad_features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps
from vadline.images.joined import Joined
from vadline.probe import ProbeParams, probe_features
from vadline.progress import progress
from vadline.segad import PROBE, describe_maps, described_names, feature_frame, part_segments
from vadline.splits import scored_rows


def segment_parts(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    synthetic: StandIns,
    segments: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Segment each photograph, and then each stand-in, that has a score, as scores stand."""
    rows = synthetic.behind(scored_rows(split), len(split), "forest")
    return part_segments(Joined([images, synthetic.images]), rows, segments)


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
    """Describe each segment of one detector's maps, and all of the part, as its scores stand."""
    parts = []
    with progress(total=len(scores), desc=f"{name}: statistics", unit="map") as bar:
        for chunk, own in scored_maps(anomaly_maps, synthetic_maps, split, segments):
            parts.append(describe_maps(chunk, own, segment_names))
            bar.update(len(chunk))
    names = described_names(segment_names)
    frame = feature_frame(np.concatenate(parts), name, names, scores["image_id"])
    frame[f"{name}.image_score"] = scores["score"].to_numpy()
    return frame.reset_index()


def scored_maps(
    anomaly_maps: AnomalyMaps,
    synthetic_maps: AnomalyMaps,
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Walk over a detector's maps, of photographs and then of stand-ins, as its scores stand.

    With them go their segments: one map for all, or those of `segment_parts`.
    """
    start = 0
    for maps, rows in (
        (anomaly_maps, scored_rows(split)),
        (synthetic_maps, np.arange(len(synthetic_maps))),
    ):
        for _, chunk in maps.chunks(rows):
            own = segments if segments.ndim == 2 else segments[start : start + len(chunk)]
            start += len(chunk)
            yield chunk, own


def describe_parts(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    anomaly_maps: AnomalyMaps,
    probe: ProbeParams,
    backbone: BackboneParams,
) -> NDArray[np.float32]:
    """Describe each part for the probe, by frozen features; a row each, NaN where there is no map.

    Maps of training parts come from models that have not seen them, as those of new parts do.
    """
    rows, describer = scored_rows(split), probe_features(backbone, probe)
    features = np.full((len(split), sum(describer.sizes.values())), np.nan, np.float32)
    features[rows] = describer.describe(images, rows, anomaly_maps.grid, PROBE)
    return features


def join_features(*frames: pd.DataFrame) -> pd.DataFrame:
    """Put all detectors' columns side by side."""
    indexed = [frame.set_index("image_id") for frame in frames]
    return pd.concat(indexed, axis="columns", join="inner").reset_index()

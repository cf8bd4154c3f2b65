"""Nodes of the stage split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.defects.params import SyntheticParams
from vadline.defects.stand_ins import StandIns
from vadline.segad import SegmentParams, auto_segments, decided, make_segments, stand_ins
from vadline.splits import learnt_from, make_split
from vadline.splits.params import SplitParams


def split_images(
    manifest: pd.DataFrame, images: NDArray[np.uint8], split: SplitParams, seed: int
) -> pd.DataFrame:
    """Give every image its roles and its fold, leak-checked."""
    return make_split(manifest, images, split, seed)


def segment_images(
    segments: SegmentParams, roi: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], list[str]]:
    """Make the static segmentation map; what lies outside of the region is in no segment."""
    labels, names = make_segments(segments, roi.shape, roi)
    return labels, list(names)


def learn_segments(
    segments: SegmentParams,
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    roi: NDArray[np.bool_],
    backbone: BackboneParams,
    seed: int,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Make the segmentation map that known bad parts allow and good training parts suggest."""
    chosen = decided(segments, learnt_from(split, "training")["bads"])
    if chosen.kind != "auto":
        return segment_images(chosen, roi)
    goods = np.flatnonzero(split["detector"])
    labels, names = auto_segments(images, goods, chosen.count, backbone, roi, seed)
    return labels, list(names)


def synthesise_defects(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
    synthetic: SyntheticParams,
    seed: int,
) -> StandIns:
    """Make synthetic defects where no bad part is known; nothing otherwise."""
    return stand_ins(images, split, segments, synthetic, seed)

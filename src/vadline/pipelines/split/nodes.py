"""Nodes of the stage split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.images.params import ImageParams
from vadline.segad import SegADParams, make_segments, stand_ins
from vadline.splits import make_split
from vadline.splits.params import SplitParams


def split_images(manifest: pd.DataFrame, split: dict[str, Any], seed: int) -> pd.DataFrame:
    """Give every image its roles, leak-checked."""
    return make_split(manifest, SplitParams(**split), seed)


def segment_images(
    segad: dict[str, Any], images: dict[str, Any]
) -> tuple[NDArray[np.uint8], list[str]]:
    """Make the static segmentation map."""
    how = SegADParams(**segad).segments
    labels, names = make_segments(
        how.kind, ImageParams(**images).size, rows=how.rows, cols=how.cols, path=how.path
    )
    return labels, list(names)


def synthesise_defects(
    images: NDArray[np.uint8],
    split: pd.DataFrame,
    segments: NDArray[np.uint8],
    segad: dict[str, Any],
    seed: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], pd.DataFrame]:
    """Make synthetic defects where no bad part is known; nothing otherwise."""
    return stand_ins(images, split, segments, SegADParams(**segad), seed)

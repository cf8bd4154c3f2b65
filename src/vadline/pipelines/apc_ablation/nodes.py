"""Nodes of the pipeline apc_ablation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, DetectorParams, load_detector
from vadline.errors import VadlineError
from vadline.metrics import detection_row, pixel_histogram
from vadline.pipelines.apc_finetune.nodes import finetune
from vadline.pipelines.memory_bank.nodes import fit
from vadline.state import ModelState

BASELINE = "none"
"""The row of the encoder that was not fine-tuned."""


def train_variant(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    seed: int,
    checkpoints: Path,
    *,
    apc: APCParams,
) -> ModelState:
    """Fine-tune as a row's own settings say; goes on from an interrupted run's last epoch."""
    return finetune(images, masks, roi, split, synthetic, apc, seed, checkpoints)[0]


def measure_variant(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    seed: int,
    network: ModelState | None = None,
    *,
    name: str,
    detector: DetectorParams,
) -> dict[str, float]:
    """Fit a memory bank on the encoder, and measure it on the test part."""
    test = np.flatnonzero(split["test"])
    bad = (split["label"] == "bad").to_numpy()[test]
    if bad.all() or not bad.any():
        raise VadlineError(
            f"apc_ablation: the test part has {(~bad).sum()} good and {bad.sum()} bad images, it "
            "needs both: choose another split.protocol, or a source with more bad parts."
        )
    model = fit(images, split, roi, detector, seed, network, name=name)
    grid, scores = load_detector(model).score(images, test, roi)
    maps = AnomalyMaps.by(detector, grid, images.shape[1:3])
    known = np.flatnonzero(split["mask_known"].to_numpy()[test])
    histogram = None
    if bad[known].any():
        chunks = maps.chunks(known)
        histogram = pixel_histogram(((pixels, masks[test[some]]) for some, pixels in chunks), roi)
    return detection_row(bad, scores, histogram)


def gather(*rows: dict[str, float], names: list[str]) -> pd.DataFrame:
    """Put all rows into one table."""
    return pd.DataFrame(list(rows), index=pd.Index(names, name="row")).reset_index()

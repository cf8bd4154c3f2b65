"""Nodes of the pipeline apc_ablation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.apc import APCParams, train_apc
from vadline.backbones import pick_device
from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, DetectorParams, TrainingSet, unfitted
from vadline.errors import VadlineError
from vadline.metrics import detection_row, pixel_histogram
from vadline.splits import training_set
from vadline.state import ModelState

BASELINE = "none"
"""The row of the encoder that was not fine-tuned."""


def train_variant(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    split: pd.DataFrame,
    synthetic: StandIns,
    apc: APCParams,
    seed: int,
    checkpoints: Path,
    *,
    name: str,
    changes: dict[str, Any],
) -> ModelState:
    """Fine-tune with some settings changed; goes on from an interrupted run's last epoch."""
    training = training_set(images, masks, roi, split, synthetic)
    params = APCParams.model_validate(apc.model_dump() | changes)
    path, device = checkpoints / f"{name}.safetensors", str(pick_device("auto"))
    return train_apc(training, params, seed, path, device=device, name=f"APC {name}").network


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
    training = TrainingSet(images, np.flatnonzero(split["detector"]), roi=roi)
    fitted = unfitted(detector, name, network).fit(training, seed)
    grid, scores = fitted.score(images, test, roi)
    maps = AnomalyMaps(grid, images.shape[1], detector.blur_sigma)
    known = np.flatnonzero(split["mask_known"].to_numpy()[test])
    histogram = None
    if bad[known].any():
        chunks = maps.chunks(known)
        histogram = pixel_histogram(((pixels, masks[test[some]]) for some, pixels in chunks), roi)
    return detection_row(bad, scores, histogram)


def gather(*rows: dict[str, float], names: list[str]) -> pd.DataFrame:
    """Put all rows into one table."""
    return pd.DataFrame(list(rows), index=pd.Index(names, name="row")).reset_index()

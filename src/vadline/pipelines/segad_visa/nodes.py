"""Nodes of the pipeline segad_visa."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from vadline.errors import VadlineError
from vadline.progress import progress
from vadline.segad.published import SETUPS, describe_published, find_classes
from vadline.segad.published_table import measure_published, published_table


def describe_visa(root: str | None, classes: Sequence[str] | None) -> pd.DataFrame:
    """Describe the published maps of each class, once for each set-up."""
    if root is None:
        raise VadlineError(
            "segad_visa.root is not set: name the folder with the authors' anomaly_maps and "
            "visa_segm by --params segad_visa.root=FOLDER"
        )
    folder = Path(root).expanduser()
    frames = [
        describe_published(folder, category, setup)
        for category in progress(classes or find_classes(folder), desc="maps", unit="class")
        for setup in SETUPS
    ]
    return pd.concat(frames, ignore_index=True)


def measure_visa(features: pd.DataFrame, bad_parts: int, seeds: Sequence[int]) -> pd.DataFrame:
    """Grow a forest for each class, set-up and seed, and compare with what was published."""
    measured: dict[str, dict[str, dict[str, float]]] = {setup: {} for setup in SETUPS}
    by_class = features.groupby("category", sort=False)
    for category, images in progress(by_class, total=len(by_class), desc="forests", unit="class"):
        for setup, own in images.groupby("setup", sort=False):
            measured[setup][category] = measure_published(own, bad_parts, seeds)
    return published_table(measured)

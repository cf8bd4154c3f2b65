"""The anomaly and segmentation maps of VisA that SegAD's authors published, and their features.

Below a folder lie ``anomaly_maps/<model>/<class>/anomaly_maps/{good,bad}/<name>.npy``, beside them
``df_training.csv`` and ``df_test.csv``, and ``visa_segm/<class>/{good,bad}/<name>.npy``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from scipy.stats import kurtosis, skew

from vadline.errors import VadlineError
from vadline.segad.statistics import QUANTILE, STATISTICS

SETUPS = {
    "rd4ad": ("rd4ad",),
    "efficient_ad": ("efficient_ad",),
    "all_ad": ("efficient_ad", "rd4ad"),
}
"""The models of each set-up; the tables of the first say which images there are."""
COMPONENTS = {
    **{"candle": 2, "capsules": 2, "cashew": 2, "chewinggum": 2, "fryum": 2},
    **{"macaroni1": 2, "macaroni2": 2, "pcb1": 6, "pcb2": 8, "pcb3": 8, "pcb4": 6},
    "pipe_fryum": 2,
}
"""VisA's classes, and how many labels count in the segmentation of each."""

_MAPS, _SEGMENTS = "anomaly_maps", "visa_segm"
_TABLES = {"train": "df_training.csv", "test": "df_test.csv"}
_LABEL, _PATH, _SCORE = "label", "an_map_path", "prediction_an_det"


def find_classes(root: Path) -> list[str]:
    """Name the classes of VisA of which there are anomaly maps.

    Raises
    ------
    VadlineError
        If there are none.
    """
    models = SETUPS["all_ad"]
    found = [name for name in COMPONENTS if any((root / _MAPS / m / name).is_dir() for m in models)]
    if not found:
        raise VadlineError(
            f"{root / _MAPS} has no class of VisA: unpack what SegAD's authors publish so that "
            f"{_MAPS}/{models[0]}/candle and {_SEGMENTS}/candle are in segad_visa.root"
        )
    return found


def published_columns(category: str, models: Sequence[str]) -> list[str]:
    """Name the features of a class in the authors' order, which XGBoost's draws depend on."""
    parts = [f"{label}.{model}" for label in range(COMPONENTS[category]) for model in models]
    columns = [f"{part}.{statistic}" for part in parts for statistic in STATISTICS]
    return columns + [f"{model}.maximum" for model in models]


def describe_published(root: Path, category: str, setup: str) -> pd.DataFrame:
    """List the images of a class as a set-up's first model does, and describe their maps.

    Returns
    -------
    DataFrame
        A row for each good of the training table and each image of the test table, in their order:
        ``setup, category, part`` (train, test), ``label`` (1 for bad), ``name``, ``an_det`` (the
        model's own image score), ``training_rows`` (of the training table) and
        `published_columns`.

    Raises
    ------
    VadlineError
        If a file or a column is missing or cannot be read, or maps do not fit their segmentation.
    """
    models = SETUPS[setup]
    images = _list_images(root / _MAPS / models[0] / category)
    images = images.assign(setup=setup, category=category)
    columns = published_columns(category, models)
    rows = [
        _describe_image(root, category, models, "bad" if image.label else "good", str(image.name))
        for image in images.itertuples(index=False)
    ]
    return images.join(pd.DataFrame(rows, columns=columns))


def _list_images(folder: Path) -> pd.DataFrame:
    tables = {part: _read_table(folder / name) for part, name in _TABLES.items()}
    for part, table in tables.items():
        if not (table[_LABEL] == 0).any():
            raise VadlineError(
                f"{folder / _TABLES[part]} lists no good image: take the file as it is published"
            )
    training_rows = len(tables["train"])
    tables["train"] = tables["train"][tables["train"][_LABEL] == 0]
    images = pd.concat([table.assign(part=part) for part, table in tables.items()])
    return pd.DataFrame(
        {
            "part": images["part"],
            "label": images[_LABEL].astype(int),
            "name": [PurePosixPath(str(path)).name for path in images[_PATH]],
            "an_det": images[_SCORE].astype(float),
            "training_rows": training_rows,
        }
    ).reset_index(drop=True)


def _read_table(path: Path) -> pd.DataFrame:
    _require(path)
    try:
        table = pd.read_csv(path)
    except ValueError as error:
        raise VadlineError(f"{path} is no table: take the file as it is published") from error
    for column in (_LABEL, _PATH, _SCORE):
        if column not in table:
            raise VadlineError(f"{path} has no column {column!r}: take the file as it is published")
    numbers = pd.to_numeric(table[_SCORE], errors="coerce")
    if not table[_LABEL].isin((0, 1)).all() or not np.isfinite(numbers).all():
        raise VadlineError(
            f"{path} has a {_LABEL} other than 0 and 1 or a {_SCORE} that is no number: take the "
            "file as it is published"
        )
    return table


def _describe_image(
    root: Path, category: str, models: Sequence[str], folder: str, name: str
) -> list[float]:
    """Describe one image, in the order of `published_columns`."""
    segmented = root / _SEGMENTS / category / folder / name
    labels = _read_map(segmented)
    paths = [root / _MAPS / model / category / _MAPS / folder / name for model in models]
    maps = [_read_map(path) for path in paths]
    for path, each in zip(paths, maps, strict=True):
        if each.shape != labels.shape:
            raise VadlineError(
                f"{path} is {each.shape}, {segmented} {labels.shape}: take both as they are "
                "published, of one size"
            )
    segments = [labels == label for label in range(COMPONENTS[category])]
    described = [_describe_segment(each[inside]) for inside in segments for each in maps]
    return [*chain.from_iterable(described), *(float(each.max()) for each in maps)]


def _describe_segment(pixels: np.ndarray) -> list[float]:
    """Take `STATISTICS` as the authors do: `segment_statistics` is right to 1e-5 only.

    A constant segment's skewness and kurtosis are NaN, which the forest takes as missing.
    """
    if not pixels.size:
        return [0.0] * len(STATISTICS)
    found = (np.quantile(pixels, QUANTILE), skew(pixels), kurtosis(pixels), pixels.mean())
    return [float(each) for each in found]


def _read_map(path: Path) -> np.ndarray:
    _require(path)
    try:
        read = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise VadlineError(f"{path} is no map of numbers: take it as it is published") from error
    if not (isinstance(read, np.ndarray) and read.ndim == 2 and read.size):
        raise VadlineError(f"{path} is no map of two dimensions: take it as it is published")
    return read


def _require(path: Path) -> None:
    if not path.is_file():
        raise VadlineError(
            f"{path} is missing: unpack what SegAD's authors publish below segad_visa.root, or "
            "choose classes with segad_visa.classes"
        )

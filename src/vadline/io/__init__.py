"""Kedro datasets: kedro-datasets' own, made whole-or-absent, and the few that it lacks."""

from vadline.io.arrays import NpyDataset
from vadline.io.checkpoint import CheckpointDataset
from vadline.io.files import (
    CSVDataset,
    JSONDataset,
    MatplotlibDataset,
    ParquetDataset,
    PlotlyDataset,
)
from vadline.io.forest import ForestDataset
from vadline.io.models import ModelDataset

__all__ = [
    "CSVDataset",
    "CheckpointDataset",
    "ForestDataset",
    "JSONDataset",
    "MatplotlibDataset",
    "ModelDataset",
    "NpyDataset",
    "ParquetDataset",
    "PlotlyDataset",
]

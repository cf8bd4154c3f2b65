"""Kedro datasets: kedro-datasets' own, made whole-or-absent, and the few that it lacks.

Each file appears when it is whole; none needs pickle.
"""

from vadline.io.arrays import NpyDataset
from vadline.io.checkpoint import CheckpointDataset
from vadline.io.files import (
    CSVDataset,
    JSONDataset,
    MatplotlibDataset,
    ParquetDataset,
    PlotlyDataset,
    TextDataset,
)
from vadline.io.forest import ForestDataset
from vadline.io.inspector import InspectorDataset
from vadline.io.maps import MapsDataset
from vadline.io.models import ModelDataset
from vadline.io.stand_ins import StandInsDataset

__all__ = [
    "CSVDataset",
    "CheckpointDataset",
    "ForestDataset",
    "InspectorDataset",
    "JSONDataset",
    "MapsDataset",
    "MatplotlibDataset",
    "ModelDataset",
    "NpyDataset",
    "ParquetDataset",
    "PlotlyDataset",
    "StandInsDataset",
    "TextDataset",
]

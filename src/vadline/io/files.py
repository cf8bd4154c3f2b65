"""Datasets of kedro-datasets, each made atomic."""

from __future__ import annotations

from kedro_datasets import json, matplotlib, pandas, plotly

from vadline.io.atomic import AtomicMixin


class ParquetDataset(AtomicMixin, pandas.ParquetDataset):
    """A data frame as Parquet."""


class CSVDataset(AtomicMixin, pandas.CSVDataset):
    """A data frame as CSV; kedro-viz shows its first rows."""


class JSONDataset(AtomicMixin, json.JSONDataset):
    """Plain values as JSON."""


class PlotlyDataset(AtomicMixin, plotly.JSONDataset):
    """A plotly figure; kedro-viz shows it live."""


class MatplotlibDataset(AtomicMixin, matplotlib.MatplotlibDataset):
    """A matplotlib figure as PNG; kedro-viz shows it."""

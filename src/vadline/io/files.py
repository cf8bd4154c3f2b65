"""Datasets of kedro-datasets, each made atomic."""

from __future__ import annotations

from typing import Any, ClassVar

from kedro_datasets import json, matplotlib, pandas, plotly, text

from vadline.io.atomic import AtomicMixin


class ParquetDataset(AtomicMixin, pandas.ParquetDataset):
    """A data frame as Parquet."""


class CSVDataset(AtomicMixin, pandas.CSVDataset):
    """A data frame as CSV; kedro-viz shows its first rows."""


class JSONDataset(AtomicMixin, json.JSONDataset):
    """Plain values as JSON."""


class TextDataset(AtomicMixin, text.TextDataset):
    """A text, such as a page, as UTF-8 whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {
        "open_args_load": {"mode": "r", "encoding": "utf-8"},
        "open_args_save": {"mode": "w", "encoding": "utf-8"},
    }


class PlotlyDataset(AtomicMixin, plotly.JSONDataset):
    """A plotly figure; kedro-viz shows it live."""


class MatplotlibDataset(AtomicMixin, matplotlib.MatplotlibDataset):
    """A matplotlib figure as PNG; kedro-viz shows it."""

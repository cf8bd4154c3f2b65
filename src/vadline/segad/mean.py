"""The plain mean of standardised detector scores: the baseline that every forest must beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError

Standards = Mapping[str, tuple[float, float]]
"""Location and scale of each detector's score, by its column's name."""


def standards(goods: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of each column; a constant's scale counts as 1.

    Parameters
    ----------
    goods : DataFrame, shape (n, K)
        Scores of good parts, by models that have not seen them.
    """
    return {str(name): location_scale(goods[name].to_numpy(float)) for name in goods}


def standardised_mean(scores: pd.DataFrame, standard: Standards) -> NDArray[np.float64]:
    """Average the scores of several detectors, each in standard deviations of good parts.

    Parameters
    ----------
    scores : DataFrame, shape (N, K)

    Returns
    -------
    ndarray, float64, shape (N,)

    Raises
    ------
    VadlineError
        If a detector's column is missing.
    """
    if missing := [name for name in standard if name not in scores]:
        raise VadlineError(f"image scores lack detector {missing[0]!r} of the forest's fit")
    columns = [
        (scores[name].to_numpy(float) - mean) / scale for name, (mean, scale) in standard.items()
    ]
    return np.mean(columns, axis=0)


def location_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation, NaN left out; a constant's scale counts as 1."""
    return float(np.nanmean(values)), float(np.nanstd(values)) or 1.0

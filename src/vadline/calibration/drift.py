"""Does a batch of new parts look like the training photographs?

A part's distance is Mahalanobis' over statistics of its photograph (Ledoit and Wolf's shrinkage
estimate of the covariance, 2004, which holds for a handful of parts), and the training parts' own
are from estimates that they had no share in. Small defects hardly move these statistics, another
light or lens moves those of nearly all parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu
from sklearn.covariance import ledoit_wolf

from vadline.calibration.conformal import promise
from vadline.calibration.photographs import WORDS
from vadline.errors import VadlineError

FEWEST_GOODS = 5
FEWEST_PARTS = 3
FOLDS = 20

ODD_RATE = 0.005
"""Share of training parts that may be odder than a flagged part, margin left aside."""
MARGIN, MARGIN_OF_FEW = 1.25, 4.0
"""A flagged part is 1.25 + 4 / n times as far off as the training part that stands for that share.
Of good parts of MTD, ELPV and the demo, n from 5 to 100, this flagged less than 1 % on average."""
USUAL_RATE = 0.05
"""Share of training parts that are called unlike the others."""
SPREADS = 2.0
"""No part is unlike the others that is nearer, in spreads of the training part."""
SIGNIFICANT = 1e-3

_ARRAYS = ("centre", "unit", "precision", "low", "high", "reference")
_FARTHEST = 5.0  # one odd training part must not widen what passes for usual
_NORMAL_IQR = 1.349  # of a normal distribution with unit variance
_LOOSE = 0.01  # statistics that go together do so to a tenth of their spread
_FLOORS = {"sharpness": 0.005}
_GREY_LEVEL = 1.0
_FLOOR_SHARE = 0.01


@dataclass(frozen=True)
class DriftVerdict:
    """Whether a batch looks unlike the training part.

    Attributes
    ----------
    drifted : bool
        Most parts do, and it is no chance.
    unlike : int
        Parts beyond 95 % of the training part, as `DriftCheck.verdict` counts them.
    parts : int
        Parts in the batch.
    in_words : str
        One sentence for a log; without drift it counts the parts that `DriftCheck.flags` does.
    """

    drifted: bool
    unlike: int
    parts: int
    in_words: str


@dataclass(frozen=True)
class DriftCheck:
    """What training photographs look like; made by `fit_drift`.

    Attributes
    ----------
    columns : tuple of str
        The statistics' names, S of them.
    centre, unit : ndarray, float64, shape (S,)
        Median and spread of each over the training part.
    precision : ndarray, float64, shape (S, S)
        Inverse covariance of the statistics in these units.
    low, high : ndarray, float64, shape (S,)
        Between them lies each statistic of 95 % of the training part; in these units, -2 and 2
        at least.
    reference : ndarray, float64, shape (n,)
        The training parts' own distances; empty where they are fewer than 5.
    """

    columns: tuple[str, ...]
    centre: NDArray[np.float64]
    unit: NDArray[np.float64]
    precision: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    reference: NDArray[np.float64]

    def distances(self, statistics: pd.DataFrame) -> NDArray[np.float64]:
        """Return how far each part is from the training part: float64, shape (m,).

        Raises
        ------
        VadlineError
            If a statistic is missing or not finite.
        """
        return _length(self._moved(statistics), self.precision)

    def flags(self, statistics: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which parts lie outside of what the training part shows: bool, shape (m,).

        Such a part has the least conformal p-value that the training part can give, 1 / (n + 1),
        or 0.5 % where n is large, and is 1.25 + 4 / n times as far off as that takes. No part is
        flagged by fewer than 5 training parts.
        """
        n = len(self.reference)
        if not n:
            return np.zeros(len(statistics), bool)
        margin = MARGIN + MARGIN_OF_FEW / n
        return self.distances(statistics) > margin * self._reach(ODD_RATE)

    def verdict(self, statistics: pd.DataFrame) -> DriftVerdict:
        """Test a batch as a whole, one-sided and by Mann and Whitney (1947).

        It has drifted if its distances are larger than the training part's, p < 0.001, and most
        of its parts lie beyond 95 % of the training part: in distance, or to one side in one
        statistic. There is no verdict on fewer than 3 parts, or by fewer than 5.
        """
        parts = len(statistics)
        if parts < FEWEST_PARTS or not len(self.reference):
            words = (
                "Too few parts to tell whether light or camera changed: it takes"
                f" {FEWEST_PARTS} new ones and {FEWEST_GOODS} of training"
            )
            return DriftVerdict(False, 0, parts, words)
        moved, distances = self._moved(statistics), self.distances(statistics)
        far = distances > self._reach(USUAL_RATE)
        unlike = max(
            int(np.sum(some, axis=0).max()) for some in (far, moved < self.low, moved > self.high)
        )
        p_value = mannwhitneyu(distances, self.reference, alternative="greater").pvalue
        drifted = bool(p_value < SIGNIFICANT and 2 * unlike > parts)
        if drifted:
            words = (
                f"{unlike} of {parts} parts look unlike the training photographs"
                f" ({', '.join(self.changes(statistics))}): light or camera changed?"
            )
        else:
            odd = int(self.flags(statistics).sum())
            words = "Photographs look as in training" + (
                f", but for {odd} of {parts}" if odd else ""
            )
        return DriftVerdict(drifted, unlike, parts, words)

    def changes(self, statistics: pd.DataFrame) -> list[str]:
        """Name the one or two statistics that moved most in a batch, the first one first."""
        moved = np.median(self._moved(statistics), axis=0)
        most, second = [*np.argsort(-np.abs(moved), kind="stable"), None][:2]
        names = [most]
        if second is not None and abs(moved[second]) >= 1:
            names.append(second)
        return [_in_words(self.columns[i], moved[i]) for i in names]

    def to_dict(self) -> dict[str, Any]:
        """Give what `from_dict` takes, as JSON can hold it."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        return {"columns": list(self.columns), **arrays}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DriftCheck:
        """Read `to_dict`."""
        columns = tuple(values["columns"])
        return cls(columns, *(np.array(values[name], np.float64) for name in _ARRAYS))

    def _reach(self, rate: float) -> float:
        """Give the distance that training parts exceed at a rate, or at least that of no moment."""
        return max(promise(self.reference, rate).threshold, SPREADS)

    def _moved(self, statistics: pd.DataFrame) -> NDArray[np.float64]:
        """Measure from the centre in units of the spread: float64 (m, S)."""
        missing = [name for name in self.columns if name not in statistics.columns]
        if missing:
            raise VadlineError(f"the drift check misses statistic {missing[0]!r}: fit it again")
        return (_values(statistics[list(self.columns)]) - self.centre) / self.unit


def fit_drift(statistics: pd.DataFrame) -> DriftCheck:
    """Learn what training photographs look like.

    Parameters
    ----------
    statistics : DataFrame, float, shape (n, S)
        A row per good training part: `photograph_statistics`, and further columns such as
        `typical_anomaly` of a detector that did not learn from the part.

    Returns
    -------
    DriftCheck
        With the distance of each part from those outside of its own fold: row i is in i % 20.

    Raises
    ------
    VadlineError
        If there is no part, or a statistic is not finite.
    """
    values, columns = _values(statistics), tuple(map(str, statistics.columns))
    n = len(values)
    if n == 0:
        raise VadlineError("there is no good training photograph to compare others with: add some")
    centre, unit, precision = _estimate(values, columns)
    moved = (values - centre) / unit
    high, low = (
        [promise(side, USUAL_RATE / 2).threshold for side in (s * moved).T] for s in (1, -1)
    )
    reference = np.empty(n if n >= FEWEST_GOODS else 0)
    fold = np.arange(len(reference)) % FOLDS
    for k in np.unique(fold):
        centre_k, unit_k, precision_k = _estimate(values[fold != k], columns)
        reference[fold == k] = _length((values[fold == k] - centre_k) / unit_k, precision_k)
    return DriftCheck(
        columns,
        centre,
        unit,
        precision,
        -np.maximum(low, SPREADS),
        np.maximum(high, SPREADS),
        reference,
    )


def _length(moved: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(np.einsum("ms,st,mt->m", moved, precision, moved))


def _estimate(
    values: NDArray[np.float64], columns: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Estimate centre (S,), unit (S,) and precision (S, S) of float64 (n, S)."""
    centre = np.median(values, axis=0)
    spread = np.subtract(*np.quantile(values, [0.75, 0.25], axis=0)) / _NORMAL_IQR
    floor = [_floor(name, middle) for name, middle in zip(columns, centre, strict=True)]
    unit = np.maximum(spread, floor)
    unit[unit == 0] = 1.0
    if len(values) < FEWEST_GOODS - 1:
        return centre, unit, np.eye(len(unit))
    moved = np.clip((values - centre) / unit, -_FARTHEST, _FARTHEST)
    covariance, _ = ledoit_wolf(moved, assume_centered=True)
    # What hardly varies among training parts is known to its floor and no better.
    still = np.where(spread < unit, np.maximum(1 - covariance.diagonal(), 0), 0)
    return centre, unit, np.linalg.inv(covariance + np.diag(still + _LOOSE))


def _floor(name: str, middle: float) -> float:
    """Give the least difference that means anything, where training parts are all alike."""
    if name in WORDS:
        return _FLOORS.get(name, _GREY_LEVEL)
    return _FLOOR_SHARE * abs(middle)


def _in_words(name: str, moved: float) -> str:
    higher, lower = WORDS.get(name, (f"{name} higher", f"{name} lower"))
    return higher if moved > 0 else lower


def _values(statistics: pd.DataFrame) -> NDArray[np.float64]:
    values = statistics.to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise VadlineError("drift statistics hold NaN or infinity: leave out parts without them")
    return values

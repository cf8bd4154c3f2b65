"""A forest that leans on its detectors as long as it has seen few bad parts. Not in the paper.

With ten known defects a boosted random forest ranks worse than the anomaly score it was built on.
The blend adds both, each in standard deviations of good parts::

    score = w * standardised forest margin + (1 - w) * standardised image score

``w`` comes from the training rows alone: from the number of bad ones, or by cross-validation.
"""

from __future__ import annotations

import json
from typing import TypedDict

import numpy as np
import pandas as pd

from vadline.errors import VadlineError
from vadline.metrics.image import image_auroc
from vadline.segad.forest import KINDS, BoostedRandomForest
from vadline.segad.params import BlendParams, ForestParams

ATTRIBUTE = "vadline_blend"
WEIGHTS = np.linspace(0, 1, 11)


class Constants(TypedDict, total=False):
    """Location and scale of the forest's margin and of each image score, by its column's name."""

    margin: tuple[float, float]
    scores: dict[str, tuple[float, float]]


class BlendedForest:
    """SegAD's forest, optionally blended with the detectors' own image scores.

    Parameters
    ----------
    random_state : int
        Seed of the trees and of the folds.

    Attributes
    ----------
    forest_ : BoostedRandomForest
        Grown on all rows.
    weight_ : float
        w; 1 when the blend is off.
    constants_ : Constants
        Empty when the blend is off.
    """

    def __init__(self, forest: ForestParams, blend: BlendParams, random_state: int) -> None:
        self.forest = forest
        self.blend = blend
        self.random_state = random_state

    def fit(
        self, X: pd.DataFrame, y: np.ndarray, image_scores: pd.DataFrame | None = None
    ) -> BlendedForest:
        """Grow the forest and, unless the blend is off, weigh it against the image scores.

        Parameters
        ----------
        X : DataFrame, shape (N, F)
            Segment statistics.
        y : array_like, shape (N,)
            1 for bad parts, 0 for good ones.
        image_scores : DataFrame, shape (N, K), optional
            Each detector's image score; needed for a blend. Several detectors count equally.

        Raises
        ------
        VadlineError
            If the rows hold one class, or fewer than two goods, or a blend has no image scores.
        """
        bad = np.asarray(y).astype(bool)
        self.forest_ = BoostedRandomForest(self.forest, self.random_state).fit(X, bad)
        self.weight_: float = 1.0
        self.constants_: Constants = {}
        if self.blend.kind == "off":
            return self
        scores = _required(image_scores)
        if (~bad).sum() < 2:
            raise VadlineError(
                "segad.blend needs two good images in the forest's part: add good images, lower "
                "split.detector_share or set segad.blend=off"
            )
        folds = self._deal(bad)
        margins = self._out_of_fold(X, bad, folds)
        goods = scores.loc[~bad]
        self.constants_ = {
            "margin": _location_scale(margins[~bad]),
            "scores": {str(name): _location_scale(goods[name].to_numpy()) for name in goods},
        }
        self.weight_ = bad.sum() / (bad.sum() + self.blend.half_count)
        if self.blend.kind == "cv" and (folds[bad] >= 0).all():
            self.weight_ = self._best_weight(bad, margins, scores)
        self.weight_ = float(self.weight_)
        return self

    def decision_function(
        self, X: pd.DataFrame, image_scores: pd.DataFrame | None = None
    ) -> np.ndarray:
        """Anomaly score of each row, float64 (N,): the raw margin, or the blend.

        Raises
        ------
        VadlineError
            If a column is missing, or a blend gets no image scores.
        """
        margins = self.forest_.decision_function(X)
        if not self.constants_:
            return margins
        return self._mix(margins, _required(image_scores), self.weight_)

    def to_bytes(self) -> bytes:
        """Write trees, column names and blend in XGBoost's UBJSON format."""
        record = {"weight": self.weight_, "constants": self.constants_}
        self.forest_.booster_.set_attr(**{ATTRIBUTE: json.dumps(record)})
        return self.forest_.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> BlendedForest:
        """Read `to_bytes`; a plain forest's bytes give its margin alone.

        How the blend came by its weight is not among them.

        Raises
        ------
        VadlineError
            If the bytes are no saved forest.
        """
        forest = BoostedRandomForest.from_bytes(data)
        blended = cls(forest.params, BlendParams(), forest.random_state)
        blended.forest_ = forest
        record = json.loads(forest.booster_.attr(ATTRIBUTE) or '{"weight": 1.0, "constants": {}}')
        blended.weight_, blended.constants_ = record["weight"], record["constants"]
        return blended

    def _deal(self, bad: np.ndarray) -> np.ndarray:
        """Fold of each row; too few bads to share out stay in every training side (-1)."""
        rng = np.random.default_rng(self.random_state)
        folds = np.full(len(bad), -1)
        count = min(self.blend.folds, int((~bad).sum()))
        for members in (~bad, bad):
            if members.sum() >= count:
                folds[members] = rng.permutation(np.arange(members.sum()) % count)
        return folds

    def _out_of_fold(self, X: pd.DataFrame, bad: np.ndarray, folds: np.ndarray) -> np.ndarray:
        """Margins of rows that the forest had not seen; NaN for rows in no fold."""
        margins = np.full(len(bad), np.nan)
        # A quarter of the trees: these margins only serve a mean, a deviation and a rank.
        trees = max(1, (self.forest.trees or KINDS[self.forest.kind].trees) // 4)
        fewer = self.forest.model_copy(update={"trees": trees})
        for fold in range(folds.max() + 1):
            held = folds == fold
            part = BoostedRandomForest(fewer, self.random_state).fit(X[~held], bad[~held])
            margins[held] = part.decision_function(X[held])
        return margins

    def _best_weight(self, bad: np.ndarray, margins: np.ndarray, scores: pd.DataFrame) -> float:
        aurocs = [image_auroc(bad, self._mix(margins, scores, w)) for w in WEIGHTS]
        return float(WEIGHTS[int(np.argmax(aurocs))])

    def _mix(self, margins: np.ndarray, scores: pd.DataFrame, weight: float) -> np.ndarray:
        constants = self.constants_["scores"]
        missing = [name for name in constants if name not in scores]
        if missing:
            raise VadlineError(f"image scores lack detector {missing[0]!r} of the forest's fit")
        columns = [
            (scores[name].to_numpy(float) - mean) / scale
            for name, (mean, scale) in constants.items()
        ]
        mean, scale = self.constants_["margin"]
        return weight * (margins - mean) / scale + (1 - weight) * np.mean(columns, axis=0)


def _required(image_scores: pd.DataFrame | None) -> pd.DataFrame:
    if image_scores is None or image_scores.shape[1] == 0:
        raise VadlineError("segad.blend needs the detectors' image scores: give them or set 'off'")
    return image_scores


def _location_scale(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation; a constant's scale counts as 1."""
    return float(np.mean(values)), float(np.std(values)) or 1.0

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
from vadline.segad.mean import location_scale, standardised_mean, standards
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
    out_of_fold_ : ndarray, float64, shape (N,)
        The score of each row that was learnt from, by trees that have not seen its fold; where the
        other folds have no bad row, by the image scores alone, or NaN when the blend is off. NaN
        for rows in no fold.
    """

    def __init__(self, forest: ForestParams, blend: BlendParams, random_state: int) -> None:
        self.forest = forest
        self.blend = blend
        self.random_state = random_state

    def fit(
        self,
        X: pd.DataFrame,
        y: np.ndarray,
        image_scores: pd.DataFrame | None = None,
        folds: np.ndarray | None = None,
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
        folds : ndarray, int, shape (N,), optional
            Of each row, -1 for none; drawn where they are left out.

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
            none = np.full(len(bad), -1)
            self.out_of_fold_ = self._margins(X, bad, none if folds is None else folds)
            return self
        scores = _required(image_scores)
        if (~bad).sum() < 2:
            raise VadlineError(
                "segad.blend needs two good images in the forest's part: add good images, lower "
                "split.detector_share or set segad.blend=off"
            )
        folds = self._deal(bad) if folds is None else folds
        margins = self._margins(X, bad, folds)
        known = margins[~bad] if np.isfinite(margins[~bad]).any() else np.zeros(1)
        self.constants_ = {
            "margin": location_scale(known),
            "scores": standards(scores.loc[~bad]),
        }
        self.weight_ = bad.sum() / (bad.sum() + self.blend.half_count)
        if self.blend.kind == "cv" and np.isfinite(margins).all():
            self.weight_ = self._best_weight(bad, margins, scores)
        self.weight_ = float(self.weight_)
        alone = standardised_mean(scores, self.constants_["scores"])
        blended = self._mix(margins, scores, self.weight_)
        self.out_of_fold_ = np.where(np.isfinite(margins), blended, alone)
        self.out_of_fold_[folds < 0] = np.nan
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

    def _margins(self, X: pd.DataFrame, bad: np.ndarray, folds: np.ndarray) -> np.ndarray:
        """Margins by trees that had not seen the row's fold; NaN where there are none."""
        margins = np.full(len(bad), np.nan)
        # A quarter of the trees: margins average over them, so fewer are as high and a bit noisier.
        trees = max(1, (self.forest.trees or KINDS[self.forest.kind].trees) // 4)
        fewer = self.forest.model_copy(update={"trees": trees})
        for fold in range(folds.max() + 1):
            held = folds == fold
            if held.any() and bad[~held].any() and not bad[~held].all():
                part = BoostedRandomForest(fewer, self.random_state).fit(X[~held], bad[~held])
                margins[held] = part.decision_function(X[held])
        return margins

    def _best_weight(self, bad: np.ndarray, margins: np.ndarray, scores: pd.DataFrame) -> float:
        aurocs = [image_auroc(bad, self._mix(margins, scores, w)) for w in WEIGHTS]
        return float(WEIGHTS[int(np.argmax(aurocs))])

    def _mix(self, margins: np.ndarray, scores: pd.DataFrame, weight: float) -> np.ndarray:
        mean, scale = self.constants_["margin"]
        alone = standardised_mean(scores, self.constants_["scores"])
        return weight * (margins - mean) / scale + (1 - weight) * alone


def _required(image_scores: pd.DataFrame | None) -> pd.DataFrame:
    if image_scores is None or image_scores.shape[1] == 0:
        raise VadlineError("segad.blend needs the detectors' image scores: give them or set 'off'")
    return image_scores

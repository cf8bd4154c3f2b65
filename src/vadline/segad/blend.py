"""A forest that leans on its detectors as long as it has seen few bad parts. Not in the paper.

With ten known defects a boosted random forest ranks worse than the anomaly score it was built on.
The blend adds up the forest's margin, the detectors' image scores and, where there is one, the
score of the probe, each in standard deviations of good parts.
"""

from __future__ import annotations

import json
from typing import TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.metrics.image import image_auroc
from vadline.segad.forest import KINDS, BoostedRandomForest
from vadline.segad.mean import location_scale, standardised_mean, standards
from vadline.segad.params import BlendParams, ForestParams

ATTRIBUTE = "vadline_blend"
WEIGHTS = np.linspace(0, 1, 11)
HALF_COUNTS = {"safe": 10.0}
HALF_COUNT = 20.0
PROBE = "probe"
"""The probe's row in tables, and its term of a blend."""


class Constants(TypedDict, total=False):
    """Location and scale of the terms: of each image score, by its column's name."""

    margin: tuple[float, float]
    scores: dict[str, tuple[float, float]]
    probe: tuple[float, float]


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
    weights_ : dict of str to float
        How much the mean of image ``scores``, the ``margin`` and the ``probe`` count: with ``w``
        from the number of bads, or by cross-validation, ``1 - w, w, 0``; under ``safe`` with ``k``
        known bads ``1, w, w (2 + k / 100)``; where the blend is off, ``0, 1, 0``.
    constants_ : Constants
        Empty when the blend is off.
    out_of_fold_ : DataFrame, float64, shape (N, 4)
        Of each row that was learnt from, by trees that have not seen its fold: the ``score``, and
        the terms that it is the sum of. Where the other folds have no bad row, the image scores
        count alone, or NaN when the blend is off. NaN for rows in no fold.
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
        probe: np.ndarray | None = None,
        known_bads: int | None = None,
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
        probe : ndarray, float64, shape (N,), optional
            The probe's score of each row, by probes that have not seen its fold.
        known_bads : int, optional
            How many of the bads are no synthetic ones, for ``safe``; all, where it is left out.

        Raises
        ------
        VadlineError
            If the rows hold one class, or fewer than two goods, or a blend has no image scores.
        """
        bad = np.asarray(y).astype(bool)
        self.forest_ = BoostedRandomForest(self.forest, self.random_state).fit(X, bad)
        self.weights_: dict[str, float] = {"scores": 0.0, "margin": 1.0, "probe": 0.0}
        self.constants_: Constants = {}
        if self.blend.kind == "off":
            none = np.full(len(bad), -1)
            margins = self._margins(X, bad, none if folds is None else folds)
            self.out_of_fold_ = self._terms(margins, None, None)
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
        self.constants_ = {"margin": location_scale(known), "scores": standards(scores.loc[~bad])}
        if probe is not None:
            self.constants_["probe"] = location_scale(probe[~bad])
        self._weigh(bad, margins, scores, bad.sum() if known_bads is None else known_bads)
        terms = self._terms(margins, scores, probe)
        alone = ~np.isfinite(margins)
        mean = standardised_mean(scores, self.constants_["scores"])
        for name, instead in (("score", mean), ("scores", mean), ("margin", 0.0), ("probe", 0.0)):
            terms[name] = np.where(alone, instead, terms[name])
        terms[folds < 0] = np.nan
        self.out_of_fold_ = terms
        return self

    def decision_function(
        self,
        X: pd.DataFrame,
        image_scores: pd.DataFrame | None = None,
        probe: np.ndarray | None = None,
    ) -> NDArray[np.float64]:
        """Anomaly score of each row, float64 (N,): the raw margin, or the blend.

        Raises
        ------
        VadlineError
            If a column is missing, or a blend gets no image scores, or no probe's where it had one.
        """
        return self.terms(X, image_scores, probe)["score"].to_numpy()

    def terms(
        self,
        X: pd.DataFrame,
        image_scores: pd.DataFrame | None = None,
        probe: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Return :meth:`decision_function` as ``score``, and the three terms beside it."""
        margins = self.forest_.decision_function(X)
        return self._terms(margins, image_scores, probe)

    def to_bytes(self) -> bytes:
        """Write trees, column names and blend in XGBoost's UBJSON format."""
        record = {"weights": self.weights_, "constants": self.constants_}
        self.forest_.booster_.set_attr(**{ATTRIBUTE: json.dumps(record)})
        return self.forest_.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> BlendedForest:
        """Read `to_bytes`; a plain forest's bytes give its margin alone.

        How the blend came by its weights is not among them.

        Raises
        ------
        VadlineError
            If the bytes are no saved forest.
        """
        forest = BoostedRandomForest.from_bytes(data)
        blended = cls(forest.params, BlendParams(), forest.random_state)
        blended.forest_ = forest
        record = json.loads(forest.booster_.attr(ATTRIBUTE) or '{"weight": 1.0, "constants": {}}')
        blended.constants_ = record["constants"]
        blended.weights_ = record.get("weights") or _weights(record["weight"])
        return blended

    def _weigh(
        self, bad: np.ndarray, margins: np.ndarray, scores: pd.DataFrame, known_bads: int
    ) -> None:
        half = self.blend.half_count or HALF_COUNTS.get(self.blend.kind, HALF_COUNT)
        if self.blend.kind == "safe":
            w = float(known_bads / (known_bads + half))
            probe = w * (2 + known_bads / 100) if "probe" in self.constants_ else 0.0
            self.weights_ = {"scores": 1.0, "margin": w, "probe": probe}
            return
        self.weights_ = _weights(float(bad.sum() / (bad.sum() + half)))
        if self.blend.kind == "cv" and np.isfinite(margins).all():
            aurocs = []
            for w in WEIGHTS:
                self.weights_ = _weights(float(w))
                aurocs.append(image_auroc(bad, self._terms(margins, scores, None)["score"]))
            self.weights_ = _weights(float(WEIGHTS[int(np.argmax(aurocs))]))

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

    def _terms(
        self, margins: np.ndarray, image_scores: pd.DataFrame | None, probe: np.ndarray | None
    ) -> pd.DataFrame:
        mean, scale = self.constants_.get("margin", (0.0, 1.0))
        none = np.zeros(len(margins))
        terms = {"scores": none, "margin": (margins - mean) / scale, "probe": none}
        if self.constants_:
            standard = self.constants_["scores"]
            terms["scores"] = standardised_mean(_required(image_scores), standard)
        if "probe" in self.constants_:
            if probe is None:
                raise VadlineError("this set-up needs the probe's score: give it")
            mean, scale = self.constants_["probe"]
            terms["probe"] = (probe - mean) / scale
        weighed = {name: self.weights_[name] * term for name, term in terms.items()}
        return pd.DataFrame({"score": np.sum(list(weighed.values()), axis=0), **weighed})


def _weights(w: float) -> dict[str, float]:
    return {"scores": 1 - w, "margin": w, "probe": 0.0}


def _required(image_scores: pd.DataFrame | None) -> pd.DataFrame:
    if image_scores is None or image_scores.shape[1] == 0:
        raise VadlineError("segad.blend needs the detectors' image scores: give them or set 'off'")
    return image_scores

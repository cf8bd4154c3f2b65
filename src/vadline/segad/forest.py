"""The final classifier of SegAD: a boosted random forest (appendix A.1) and its two ablations."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.exceptions import NotFittedError

from vadline.errors import VadlineError
from vadline.segad.params import ForestParams

# Under this name the saved trees carry the settings and the seed.
ATTRIBUTE = "vadline_forest"


class Plan(NamedTuple):
    """How a kind of forest is grown; ``sample_by_tree`` off leaves every column to every tree."""

    rounds: int
    trees: int
    learning_rate: float
    sample_by_tree: bool


# Appendix A.1.
KINDS = {
    "brf": Plan(10, 200, 0.3, True),
    "rf": Plan(1, 2000, 1.0, True),
    "bt": Plan(2000, 1, 0.3, False),
}


class BoostedRandomForest:
    """XGBoost forest on segment statistics, whose raw margin is the anomaly score.

    Parameters
    ----------
    random_state : int
        Seed of the row and column samples.

    Attributes
    ----------
    booster_ : xgboost.Booster
        The fitted trees.
    feature_names_in_ : ndarray, str
        Columns, in order.
    """

    def __init__(self, params: ForestParams, random_state: int) -> None:
        self.params = params
        self.random_state = random_state

    def fit(
        self, X: pd.DataFrame, y: np.ndarray, bad_weight: float | None = None
    ) -> BoostedRandomForest:
        """Grow the forest.

        Parameters
        ----------
        X : DataFrame, shape (N, F)
            Named features.
        y : array_like, shape (N,)
            1 for bad parts, 0 for good ones.
        bad_weight : float, optional
            What a bad part counts, beside 1 for a good one; by default as ``balance`` says.

        Raises
        ------
        VadlineError
            If the training part holds one class.
        """
        bad = np.asarray(y).astype(bool)
        if not bad.any() or bad.all():
            raise VadlineError(
                f"the forest's part has {(~bad).sum()} good and {bad.sum()} bad images: it needs "
                "both, so add images"
            )
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        rounds = KINDS[self.params.kind].rounds
        data = xgb.DMatrix(X, bad.astype(np.float32))
        self.booster_ = xgb.train(self._settings(bad, bad_weight), data, rounds)
        return self

    def decision_function(self, X: pd.DataFrame) -> np.ndarray:
        """Give the raw margin of each row, float64 (N,): rank with it, it is no probability.

        Raises
        ------
        VadlineError
            If a column that the forest was grown on is missing.
        """
        self._check_fitted()
        missing = [name for name in self.feature_names_in_ if name not in X.columns]
        if missing:
            raise VadlineError(
                f"features lack column {missing[0]!r}, which the forest was grown on"
            )
        columns = list(self.feature_names_in_)
        # In place: of one part, a DMatrix takes ten times as long as its trees.
        values = X[columns].to_numpy(np.float32)
        margins = self.booster_.inplace_predict(values, predict_type="margin")
        return np.asarray(margins, np.float64)

    @property
    def feature_importances_(self) -> pd.Series:
        """Each feature's share of the total gain of all splits, by name; sums to 1."""
        self._check_fitted()
        gain = self.booster_.get_score(importance_type="total_gain")
        series = pd.Series(0.0, index=list(self.feature_names_in_), name="importance")
        series.update(pd.Series(gain, dtype=float))
        return series / series.sum() if series.sum() > 0 else series

    def to_bytes(self) -> bytes:
        """Write trees, column names and settings in XGBoost's UBJSON format."""
        self._check_fitted()
        settings = {**self.params.model_dump(), "random_state": self.random_state}
        self.booster_.set_attr(**{ATTRIBUTE: json.dumps(settings, sort_keys=True)})
        return bytes(self.booster_.save_raw("ubj"))

    @classmethod
    def from_bytes(cls, data: bytes) -> BoostedRandomForest:
        """Read `to_bytes`.

        Raises
        ------
        VadlineError
            If the bytes are no such forest.
        """
        booster = xgb.Booster()
        try:
            booster.load_model(bytearray(data))
        except xgb.core.XGBoostError as error:
            raise VadlineError("these bytes are no saved forest: train it again") from error
        settings = json.loads(booster.attr(ATTRIBUTE) or "{}")
        random_state = settings.pop("random_state", 0)
        forest = cls(ForestParams(**settings), random_state)
        forest.booster_ = booster
        forest.feature_names_in_ = np.asarray(booster.feature_names, dtype=object)
        return forest

    def _settings(self, bad: np.ndarray, bad_weight: float | None) -> dict[str, object]:
        params, plan = self.params, KINDS[self.params.kind]
        if bad_weight is None:
            bad_weight = float((~bad).sum() / bad.sum()) if params.balance else 1.0
        return {
            "objective": "binary:logitraw",
            "num_parallel_tree": params.trees or plan.trees,
            "learning_rate": plan.learning_rate,
            "max_depth": params.max_depth,
            "subsample": params.subsample,
            "colsample_bytree": params.colsample if plan.sample_by_tree else 1.0,
            "colsample_bynode": params.colsample,
            "reg_alpha": params.reg_alpha,
            "scale_pos_weight": bad_weight,
            "tree_method": "hist",
            "seed": self.random_state,
            "nthread": params.n_jobs,
        }

    def _check_fitted(self) -> None:
        if not hasattr(self, "booster_"):
            raise NotFittedError("this forest has not been grown: call fit first")

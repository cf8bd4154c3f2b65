"""The final classifier of SegAD: a boosted random forest (appendix A.1) and its two ablations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from vadline.errors import VadlineError

ForestKind = Literal["brf", "rf", "bt"]

# Under this name the saved trees carry the constructor's parameters.
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


class BoostedRandomForest(BaseEstimator):
    """XGBoost forest on segment statistics, whose raw margin is the anomaly score.

    Parameters
    ----------
    kind : {"brf", "rf", "bt"}
        Boosted random forest: 10 rounds of 200 trees at learning rate 0.3. Random forest: one round
        of 2000 trees at rate 1. Boosted trees: 2000 rounds of one tree, all columns per tree.
    balance : bool
        Weigh the bad parts with goods / bads, as the authors' code does (the paper is silent).
    trees : int, optional
        Trees per round; by default the kind's own. Fewer are faster and a little noisier.
    max_depth, subsample, colsample, reg_alpha
        The paper's 5, 0.6, 0.6 (columns per tree and per node) and 1 (L1).
    random_state : int
        Seed of the row and column samples.
    n_jobs : int
        Threads; the trees do not depend on it.

    Attributes
    ----------
    booster_ : xgboost.Booster
        The fitted trees.
    feature_names_in_ : ndarray of str
        Columns, in order.
    """

    def __init__(
        self,
        kind: ForestKind = "brf",
        balance: bool = True,
        trees: int | None = None,
        max_depth: int = 5,
        subsample: float = 0.6,
        colsample: float = 0.6,
        reg_alpha: float = 1.0,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.kind = kind
        self.balance = balance
        self.trees = trees
        self.max_depth = max_depth
        self.subsample = subsample
        self.colsample = colsample
        self.reg_alpha = reg_alpha
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> BoostedRandomForest:
        """Grow the forest.

        Parameters
        ----------
        X : DataFrame, shape (N, F)
            Named features.
        y : array_like, shape (N,)
            1 for bad parts, 0 for good ones.

        Raises
        ------
        VadlineError
            If the kind is unknown or the training part holds one class.
        """
        if self.kind not in KINDS:
            raise VadlineError(f"forest.kind {self.kind!r} is unknown: use {', '.join(KINDS)}")
        bad = np.asarray(y).astype(bool)
        if not bad.any() or bad.all():
            raise VadlineError(
                f"the forest's part has {(~bad).sum()} good and {bad.sum()} bad images: it needs "
                "both (add images, or lower split.detector_share)"
            )
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        rounds = KINDS[self.kind].rounds
        data = xgb.DMatrix(X, bad.astype(np.float32))
        self.booster_ = xgb.train(self._settings(bad), data, rounds)
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
        data = xgb.DMatrix(X[list(self.feature_names_in_)])
        return self.booster_.predict(data, output_margin=True).astype(np.float64)

    @property
    def feature_importances_(self) -> pd.Series:
        """Each feature's share of the total gain of all splits, by name; sums to 1."""
        self._check_fitted()
        gain = self.booster_.get_score(importance_type="total_gain")
        series = pd.Series(0.0, index=list(self.feature_names_in_), name="importance")
        series.update(pd.Series(gain, dtype=float))
        return series / series.sum() if series.sum() > 0 else series

    def to_bytes(self) -> bytes:
        """Write trees, column names and parameters in XGBoost's UBJSON format."""
        self._check_fitted()
        self.booster_.set_attr(**{ATTRIBUTE: json.dumps(self.get_params())})
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
        forest = cls(**json.loads(booster.attr(ATTRIBUTE) or "{}"))
        forest.booster_ = booster
        forest.feature_names_in_ = np.asarray(booster.feature_names, dtype=object)
        return forest

    def save(self, path: str | Path) -> None:
        """Write `to_bytes` into a file (``.ubj``)."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> BoostedRandomForest:
        """Read a file that `save` wrote; raises VadlineError if it is missing or no forest."""
        try:
            return cls.from_bytes(Path(path).read_bytes())
        except (OSError, VadlineError) as error:
            raise VadlineError(f"{path}: no readable forest: train it again") from error

    def _settings(self, bad: np.ndarray) -> dict[str, object]:
        plan = KINDS[self.kind]
        return {
            "objective": "binary:logitraw",
            "num_parallel_tree": self.trees or plan.trees,
            "learning_rate": plan.learning_rate,
            "max_depth": self.max_depth,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample if plan.sample_by_tree else 1.0,
            "colsample_bynode": self.colsample,
            "reg_alpha": self.reg_alpha,
            "scale_pos_weight": float((~bad).sum() / bad.sum()) if self.balance else 1.0,
            "tree_method": "hist",
            "seed": self.random_state,
            "nthread": self.n_jobs,
        }

    def _check_fitted(self) -> None:
        if not hasattr(self, "booster_"):
            raise NotFittedError("this forest has not been grown: call fit first")

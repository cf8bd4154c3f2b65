"""From scores to the probability that a part is bad, where bad parts are known (Platt 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from vadline.errors import VadlineError

_LEAST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Probability:
    """A logistic curve, ``expit(slope * (score - location) / scale + intercept)``.

    Attributes
    ----------
    slope : float
        Never negative: the probability does not fall where the score rises.
    intercept : float
        Log-odds of a score at ``location``.
    location, scale : float
        Median and spread of the scores that it was fitted to.
    """

    slope: float
    intercept: float
    location: float = 0.0
    scale: float = 1.0

    def __call__(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return the probability that each part is bad.

        Parameters
        ----------
        scores : array_like, float, shape (N,)

        Returns
        -------
        ndarray, float64, shape (N,)
            Within (0, 1); NaN for a score that is NaN.
        """
        moved = (np.asarray(scores, np.float64) - self.location) / self.scale
        return np.clip(expit(self.slope * moved + self.intercept), _LEAST, 1 - _LEAST)


def fit_probability(goods: ArrayLike, bads: ArrayLike, prior: float = 0.5) -> Probability:
    """Fit Platt's logistic curve to scores of good and known bad parts.

    His smoothed targets, ``(b + 1) / (b + 2)`` for each of b bads and ``1 / (n + 2)`` for each of
    n goods, keep few or separable parts from probabilities of 0 and 1: one bad part alone vouches
    for 2/3 and no more.

    Parameters
    ----------
    goods, bads : array_like, float, shape (n,) or (b,)
        Scores by detectors that did not learn from these parts; at least 2 and 1.
    prior : float
        Share of bad parts to count on, in (0, 1): the classes are weighted to it, for known bads
        say nothing of how often parts are bad.

    Returns
    -------
    Probability
        Constantly ``prior`` where bads do not score higher than goods.

    Raises
    ------
    VadlineError
        If there are too few parts, a score is not finite or the prior is outside of (0, 1).
    """
    good, bad = np.asarray(goods, np.float64).ravel(), np.asarray(bads, np.float64).ravel()
    scores = np.concatenate([good, bad])
    _check(good, bad, prior)
    location, scale = float(np.median(scores)), float(scores.std())
    flat = Probability(0.0, float(logit(prior)), location, 1.0)
    # A spread that rounding alone could make is none.
    if scale <= _LEAST * np.abs(scores).max():
        return flat
    target = np.r_[np.full(good.size, 1 / (good.size + 2)), np.full(bad.size, _share(bad.size))]
    weight = np.r_[np.full(good.size, (1 - prior) / good.size), np.full(bad.size, prior / bad.size)]
    # Each part is there twice, as a bad one for its target and as a good one for the rest.
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(
        np.tile((scores - location) / scale, 2)[:, None],
        np.repeat([1, 0], scores.size),
        np.r_[weight * target, weight * (1 - target)] * scores.size,
    )
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    return Probability(slope, intercept, location, scale) if slope > 0 else flat


def _share(bads: int) -> float:
    return (bads + 1) / (bads + 2)


def _check(goods: NDArray[np.float64], bads: NDArray[np.float64], prior: float) -> None:
    if goods.size < 2 or bads.size < 1:
        raise VadlineError(
            f"{goods.size} good and {bads.size} bad scores give no probability: it takes 2 and 1"
            " (use the conformal rank)"
        )
    if not (np.isfinite(goods).all() and np.isfinite(bads).all()):
        raise VadlineError("scores hold NaN or infinity: leave out parts without a score")
    if not 0 < prior < 1:
        raise VadlineError(f"a prior of {prior} is no share of bad parts: give one in (0, 1)")

"""What turns scores into decisions, learnt once from honest scores of training parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from vadline.calibration.conformal import Promise, conformal_rank, percent, promise
from vadline.calibration.outcomes import outcomes
from vadline.calibration.probability import Probability, fit_probability
from vadline.calibration.rates import caught

_LEAST_GOODS = 2  # for a probability; Platt's curve needs a spread


@dataclass(frozen=True)
class Calibration:
    """Thresholds and probability of one score.

    Attributes
    ----------
    reject : Promise
        Parts above its threshold are rejected.
    review : Promise or None
        Parts above its threshold, and not rejected, are for review; ``None`` for no review.
    probability : Probability or None
        ``None`` where no known bad part tells: a conformal rank then stands in.
    goods : ndarray, float64, shape (n,)
        Scores of good training parts, ascending.
    """

    reject: Promise
    review: Promise | None
    probability: Probability | None
    goods: NDArray[np.float64]

    def decide(self, scores: ArrayLike) -> pd.DataFrame:
        """Decide on parts.

        Parameters
        ----------
        scores : array_like, float, shape (N,)
            Higher = more anomalous; NaN where a part has none.

        Returns
        -------
        DataFrame
            Columns ``score``; ``probability`` in (0, 1), of being bad, or where no known bad part
            scores above good ones the share of these that score lower; ``threshold``, ``promised``
            (the false-reject rate that it keeps) and ``decision``.
        """
        score = np.asarray(scores, np.float64)
        likely = self.probability or (lambda new: conformal_rank(new, self.goods))
        review = None if self.review is None else self.review.threshold
        return pd.DataFrame(
            {
                "score": score,
                "probability": likely(score),
                "threshold": self.reject.threshold,
                "promised": self.reject.promised,
                "decision": outcomes(score, self.reject.threshold, review),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, which :meth:`from_dict` reads."""
        return {
            "reject": dataclasses.asdict(self.reject),
            "review": None if self.review is None else dataclasses.asdict(self.review),
            "probability": None
            if self.probability is None
            else dataclasses.asdict(self.probability),
            "goods": self.goods.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Undo :meth:`to_dict`."""
        review, probability = data["review"], data["probability"]
        return cls(
            Promise(**data["reject"]),
            None if review is None else Promise(**review),
            None if probability is None else Probability(**probability),
            np.asarray(data["goods"], np.float64),
        )


def calibrate(
    goods: ArrayLike, bads: ArrayLike, rate: float, review_rate: float | None, bad_share: float
) -> Calibration:
    """Learn from training parts' scores what a score means.

    Parameters
    ----------
    goods, bads : array_like, float, shape (n,) or (b,)
        Scores by models that have not seen the part; NaN is left out.
    rate, review_rate : float
        Shares of good parts that may be rejected, and looked at at least, in (0, 1).
    bad_share : float
        Share of bad parts that the probability reckons with, in (0, 1).
    """
    known, bad = _known(goods), _known(bads)
    curve = None
    if len(bad) and len(known) >= _LEAST_GOODS:
        fitted = fit_probability(known, bad, bad_share)
        curve = fitted if fitted.slope > 0 else None  # known bads that look good tell nothing
    review = None if review_rate is None else promise(known, review_rate)
    return Calibration(promise(known, rate), review, curve, np.sort(known))


def in_words(calibration: Calibration, bads: ArrayLike) -> str:
    """Say what is promised and, of known bad parts with these scores, how many would be caught."""
    words, scores = calibration.reject.in_words(), _known(bads)
    if not len(scores) or np.isnan(calibration.reject.threshold):
        return words
    share, low, high = caught(scores, calibration.reject.threshold)
    parts = "part is" if len(scores) == 1 else "parts are"
    return (
        f"{words} {round(share * len(scores))} of {len(scores)} known bad {parts} caught"
        f" ({percent(low)} to {percent(high)} of such parts)."
    )


def _known(scores: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(scores, np.float64).ravel()
    return values[np.isfinite(values)]

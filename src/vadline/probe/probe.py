"""All classifiers of the probe together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm
from torch import Tensor

from vadline.metrics import image_auroc
from vadline.probe.classifier import KernelClassifier
from vadline.probe.params import ProbeParams
from vadline.segad import location_scale

Described = Mapping[str, NDArray[np.float32]]


class Probe:
    """Says how much a part looks like known bad ones.

    Its classifiers, one a description of the part, are averaged by how well each tells good and bad
    training parts apart that it has not learnt from. A single bad part cannot be left out: then all
    count alike.

    Parameters
    ----------
    random_state : int
        Of the draw of good parts where there are more than ``params.most_goods``.

    Attributes
    ----------
    members_ : dict of str to KernelClassifier
        By the description's name; none where no bad or no good part was known.
    weights_ : dict of str to float
        Their shares; they sum to 1.
    spread_ : float
        Standard deviation of the average over good parts, by classifiers that left them out.
    """

    def __init__(self, params: ProbeParams, random_state: int = 0) -> None:
        self.params = params
        self.random_state = random_state

    def fit(self, described: Described, bad: NDArray[np.bool_]) -> Probe:
        """Learn.

        Parameters
        ----------
        described : mapping of str to ndarray, float32, shape (n, F)
            The parts' features, by the description's name.
        bad : ndarray, bool, shape (n,)
        """
        self.members_: dict[str, KernelClassifier] = {}
        self.weights_: dict[str, float] = {}
        self.spread_ = 1.0
        rows = self._drawn(bad)
        if not bad[rows].any() or bad[rows].all():
            return self
        bad, alone = bad[rows], {}
        for name, features in described.items():
            self.members_[name], alone[name] = KernelClassifier.fit(
                features[rows], bad, self.params.width, self.params.ridge
            )
        worth = {name: _worth(bad, values) for name, values in alone.items()}
        total = sum(worth.values())
        self.weights_ = {name: each / total for name, each in worth.items()}
        average = np.sum([weight * alone[name] for name, weight in self.weights_.items()], axis=0)
        self.spread_ = location_scale(average[~bad])[1]
        return self

    def terms(self, described: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what each classifier adds to the score, float64 (N,), by its name."""
        return {
            name: self.weights_[name] * member.decide(described[name]) / self.spread_
            for name, member in self.members_.items()
        }

    def decision_function(self, described: Described) -> NDArray[np.float64]:
        """Score parts, float64 (N,), in standard deviations of good ones; 0 if none was bad."""
        terms = self.terms({name: torch.from_numpy(x) for name, x in described.items()})
        count = len(next(iter(described.values())))
        return sum(terms.values(), torch.zeros(count, dtype=torch.float64)).numpy()

    def out_of_fold(
        self, described: Described, bad: NDArray[np.bool_], folds: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Score parts that were learnt from by probes that have not seen their fold.

        Parameters
        ----------
        folds : ndarray, int64, shape (n,)
            From 0 on, or -1 for parts that are not scored: NaN.
        """
        scores = np.full(len(bad), np.nan)
        for fold in np.unique(folds[folds >= 0]):
            held = folds == fold
            others = Probe(self.params, self.random_state)
            others.fit({name: x[~held] for name, x in described.items()}, bad[~held])
            scores[held] = others.decision_function({k: x[held] for k, x in described.items()})
        return scores

    def tensors(self) -> dict[str, Tensor]:
        """Return what was learnt, as ``<description>.<attribute>``."""
        return {
            f"{name}.{key}": value.contiguous()
            for name, member in self.members_.items()
            for key, value in vars(member).items()
            if isinstance(value, Tensor)
        }

    def config(self) -> dict[str, Any]:
        """Return what was learnt besides tensors, as plain JSON values."""
        numbers = {
            name: {key: vars(member)[key] for key in ("width", "level", "spread")}
            for name, member in self.members_.items()
        }
        return {
            "params": self.params.model_dump(mode="json"),
            "members": numbers,
            "weights": self.weights_,
            "spread": self.spread_,
        }

    @classmethod
    def from_parts(cls, tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> Probe:
        """Rebuild a fitted probe from :meth:`tensors` and :meth:`config`."""
        probe = cls(ProbeParams.model_validate(config["params"]))
        probe.weights_, probe.spread_ = dict(config["weights"]), config["spread"]
        probe.members_ = {}
        for name, numbers in config["members"].items():
            own: dict[str, Any] = {
                key.removeprefix(f"{name}."): value
                for key, value in tensors.items()
                if key.startswith(f"{name}.")
            }
            probe.members_[name] = KernelClassifier(**own, **numbers)
        return probe

    def _drawn(self, bad: NDArray[np.bool_]) -> NDArray[np.int64]:
        goods = np.flatnonzero(~bad)
        if len(goods) > self.params.most_goods:
            rng = np.random.default_rng((self.random_state, 0x9B0))
            goods = rng.choice(goods, self.params.most_goods, replace=False)
        return np.sort(np.concatenate([goods, np.flatnonzero(bad)]))


def _worth(bad: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    """Return how many standard deviations apart good and bad lie, by their ranks.

    Of unit normal scores that AUROC is that of, the best weights of an average are these distances.
    Half a pair is added either way, so that a perfect ranking is not worth everything.
    """
    bads = int(bad.sum())
    if bads < 2:
        return 1.0
    pairs = bads * (len(bad) - bads)
    auroc = (image_auroc(bad, values) * pairs + 0.5) / (pairs + 1)
    return max(float(norm.ppf(auroc)), 1e-3)

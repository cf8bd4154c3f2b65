"""One forward pass for all who look through the same network at the same photographs."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vadline.backbones.extractor import FeatureExtractor


def share_passes(extractors: Sequence[FeatureExtractor]) -> list[FeatureExtractor]:
    """Let extractors of equal weights compute their maps of a batch once.

    Parameters
    ----------
    extractors : sequence of FeatureExtractor
        For inference, see :meth:`FeatureExtractor.folded`.

    Returns
    -------
    list of FeatureExtractor
        In their order; each gives what it gave. Where another has its weights and its levels, the
        maps of the last batch that either has seen are kept, a thread each, and given again.
    """
    states = [each.body.state_dict() for each in extractors]
    hosts: dict[int, _LastBatch] = {}
    shared = []
    for i, extractor in enumerate(extractors):
        able = (
            j
            for j, other in enumerate(extractors)
            if set(extractor.layers) <= set(other.layers) and _within(states[i], states[j])
        )
        # The one with most levels, so that all who share choose the same.
        host = max(able, key=lambda j: (len(extractors[j].layers), -j))
        body = hosts.setdefault(host, _LastBatch(extractors[host].body))
        at = [extractors[host].layers.index(layer) for layer in extractor.layers]
        own = copy.copy(extractor)
        own._modules = {**extractor._modules, "body": _Some(body, at)}
        shared.append(own)
    return shared


class _LastBatch(nn.Module):
    """A body that keeps the maps of the last batch, unless gradients are asked for."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self._kept = threading.local()

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the body's maps."""
        if torch.is_grad_enabled():
            return self.body(x)
        seen = getattr(self._kept, "batch", None)
        if seen is None or seen.shape != x.shape or not torch.equal(seen, x):
            self._kept.maps = self.body(x)
            self._kept.batch = x
        return list(self._kept.maps)


class _Some(nn.Module):
    """Some of a body's maps."""

    def __init__(self, body: _LastBatch, at: Sequence[int]) -> None:
        super().__init__()
        self.body = body
        self.at = list(at)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the chosen maps."""
        maps = self.body(x)
        return [maps[i] for i in self.at]


def _within(some: dict[str, Tensor], all_: dict[str, Tensor]) -> bool:
    return all(name in all_ and _same(value, all_[name]) for name, value in some.items())


def _same(one: Tensor, other: Tensor) -> bool:
    return one is other or (one.shape == other.shape and torch.equal(one, other))

"""The set-up that decides as one graph: its detectors, segment statistics, forest and blend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vadline.export.graph import DetectorGraph
from vadline.segad import IMAGE_SCORE, BlendedForest
from vadline.segad.statistics import QUANTILE, STATISTICS


class SegmentStatistics(nn.Module):
    """What `vadline.segad.segment_statistics` gives, in double precision throughout.

    Parameters
    ----------
    segments : ndarray, uint8, shape (S, S)
    count : int
        Number L of segments.
    """

    def __init__(self, segments: NDArray[np.uint8], count: int) -> None:
        super().__init__()
        flat = torch.from_numpy(segments.reshape(-1))
        self.places = [torch.nonzero(flat == label)[:, 0] for label in range(count)]

    def forward(self, maps: Tensor) -> Tensor:
        """Describe maps, float32 (N, S, S), by float64 (N, 4 L)."""
        flat = maps.flatten(1)
        none = torch.zeros_like(flat[:, : len(STATISTICS)], dtype=torch.float64)
        described = [_describe(flat[:, at]) if len(at) else none for at in self.places]
        return torch.cat(described, dim=1)


def _describe(pixels: Tensor) -> Tensor:
    size = pixels.shape[1]
    values = pixels.double()
    mean = values.mean(dim=1, keepdim=True)
    off = values - mean
    squared = off * off
    m2, m3, m4 = (x.mean(dim=1, keepdim=True) for x in (squared, squared * off, squared * squared))
    spread = (np.finfo(np.float64).resolution * mean).square()
    constant = m2 <= spread
    m2 = torch.where(constant, 1.0, m2)
    skewness = torch.where(constant, 0.0, m3 / (m2 * m2.sqrt()))
    kurtosis = torch.where(constant, 0.0, m4 / (m2 * m2) - 3)
    position = QUANTILE * (size - 1)
    low = int(position)
    top = pixels.topk(size - low, dim=1).values.double()
    below, above = top[:, -1:], top[:, max(size - low - 2, 0) :][:, :1]
    quantile = below + (above - below) * (position - low)
    return torch.cat([quantile, skewness, kurtosis, mean], dim=1)


class ForestGraph(nn.Module):
    """A blended forest; every tree is walked down at once, a level at a time."""

    def __init__(self, forest: BlendedForest, columns: Sequence[str]) -> None:
        super().__init__()
        booster = forest.forest_.booster_
        names = list(forest.forest_.feature_names_in_)
        saved = json.loads(bytes(booster.save_raw("json")))["learner"]
        trees = saved["gradient_booster"]["model"]["trees"]
        starts = np.cumsum([0, *(len(tree["left_children"]) for tree in trees)])
        left, right = (
            np.concatenate([_numbered(t[side], s) for t, s in zip(trees, starts[:-1], strict=True)])
            for side in ("left_children", "right_children")
        )
        self.depth = _depth(left, right, starts[:-1])
        self.columns = torch.tensor([columns.index(name) for name in names])
        self.roots, self.left, self.right = map(torch.from_numpy, (starts[:-1], left, right))
        self.feature = torch.tensor([i for tree in trees for i in tree["split_indices"]])
        # The threshold of a split, the value of a leaf.
        self.values = torch.tensor([value for tree in trees for value in tree["split_conditions"]])
        self.base = float(saved["learner_model_param"]["base_score"].strip("[]"))
        self.weight, self.constants = forest.weight_, forest.constants_
        self.scores = {name: columns.index(name) for name in self.constants.get("scores", {})}

    def forward(self, told: Tensor) -> Tensor:
        """Score parts by their columns, float64 (N, F): float64 (N,)."""
        row = told[:, self.columns].float()
        at = self.roots.expand(told.shape[0], -1)  # len() would fix the number
        for _ in range(self.depth):
            below = row.gather(1, self.feature[at]) < self.values[at]
            at = torch.where(below, self.left[at], self.right[at])
        margin = self.values[at].double().sum(dim=1) + self.base
        if not self.constants:
            return margin
        alone = [
            (told[:, at] - self.constants["scores"][name][0]) / self.constants["scores"][name][1]
            for name, at in self.scores.items()
        ]
        mean, scale = self.constants["margin"]
        blended = self.weight * (margin - mean) / scale
        return blended + (1 - self.weight) * torch.stack(alone, dim=1).mean(dim=1)


class SetupGraph(nn.Module):
    """What `vadline.inspection.Inspector.judge` scores parts by.

    Parameters
    ----------
    detectors : mapping of str to DetectorGraph
        All that the forest has columns of; the first one's anomaly map is given.
    segments : ndarray, uint8, shape (S, S)
    names : sequence of str
        Of the segments.
    """

    def __init__(
        self,
        detectors: Mapping[str, DetectorGraph],
        segments: NDArray[np.uint8],
        names: Sequence[str],
        forest: BlendedForest,
    ) -> None:
        super().__init__()
        self.detectors = nn.ModuleList(detectors.values())
        self.statistics = SegmentStatistics(segments, len(names))
        columns: list[str] = []
        for detector in detectors:
            columns += [f"{detector}.{name}.{what}" for name in names for what in STATISTICS]
            columns.append(f"{detector}.{IMAGE_SCORE}")
        self.forest = ForestGraph(forest, columns)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Score photographs; see :meth:`vadline.export.graph.DetectorGraph.forward`."""
        told, first = [], None
        for detector in self.detectors:
            maps, scores = detector(images)
            first = maps if first is None else first
            told += [self.statistics(maps), scores[:, None].double()]
        assert first is not None
        return first, self.forest(torch.cat(told, dim=1)).float()


def _numbered(children: Sequence[int], start: int) -> NDArray[np.int64]:
    """Number a tree's children among all trees' nodes; a leaf is its own child."""
    own = np.asarray(children, np.int64)
    return start + np.where(own < 0, np.arange(len(own)), own)


def _depth(left: NDArray[np.int64], right: NDArray[np.int64], roots: NDArray[np.int64]) -> int:
    depth, at = 0, np.unique(roots)
    while len(at := at[left[at] != at]):
        at, depth = np.unique(np.concatenate([left[at], right[at]])), depth + 1
    return depth

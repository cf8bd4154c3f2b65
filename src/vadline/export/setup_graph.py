"""The set-up that decides as one graph: its detectors, segment statistics, forest and blend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vadline.export.graph import DetectorGraph
from vadline.probe import load_probe
from vadline.segad import IMAGE_SCORE, WHOLE, BlendedForest, described_names, whole_segment
from vadline.segad.statistics import QUANTILE, STATISTICS
from vadline.state import ModelState


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
        self.weights, self.constants = forest.weights_, forest.constants_
        self.scores = {name: columns.index(name) for name in self.constants.get("scores", {})}

    def forward(self, told: Tensor, probe: Tensor | None) -> Tensor:
        """Score parts by their columns, float64 (N, F), and the probe's score: float64 (N,)."""
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
        score = self.weights["margin"] * (margin - mean) / scale
        score = score + self.weights["scores"] * torch.stack(alone, dim=1).mean(dim=1)
        if "probe" in self.constants and probe is not None:
            mean, scale = self.constants["probe"]
            score = score + self.weights["probe"] * (probe - mean) / scale
        return score


class ProbeGraph(nn.Module):
    """The probe's score of photographs, where a detector's map marks them."""

    def __init__(self, state: ModelState) -> None:
        super().__init__()
        self.features, self.probe = load_probe(state)

    def forward(self, images: Tensor, grid: Tensor) -> Tensor:
        """Score photographs, uint8 (N, S, S, 3), by their maps, (N, h, w): float64 (N,)."""
        extractor = self.features.extractor
        found = self.features(extractor(extractor.normalise(images)), grid)
        terms = self.probe.terms(self.features.split(found))
        return sum(terms.values(), torch.zeros(images.shape[0], dtype=torch.float64))


class SetupGraph(nn.Module):
    """What `vadline.inspection.Inspector.judge` scores parts by.

    Parameters
    ----------
    detectors : mapping of str to DetectorGraph
        All that the forest has columns of; the first one's anomaly map is given.
    segments : ndarray, uint8, shape (S, S)
    names : sequence of str
        Of the segments.
    probe : ModelState, optional
        As a bundle holds it; it looks where one of ``detectors`` does.
    """

    def __init__(
        self,
        detectors: Mapping[str, DetectorGraph],
        segments: NDArray[np.uint8],
        names: Sequence[str],
        forest: BlendedForest,
        probe: ModelState | None = None,
    ) -> None:
        super().__init__()
        self.detectors = nn.ModuleList(detectors.values())
        self.statistics = SegmentStatistics(segments, len(names))
        self.whole = SegmentStatistics(whole_segment(segments), 1) if WHOLE not in names else None
        names = described_names(names)
        self.probe = None if probe is None else ProbeGraph(probe)
        self.looks = None if probe is None else list(detectors).index(probe.config["detector"])
        columns: list[str] = []
        for detector in detectors:
            columns += [f"{detector}.{name}.{what}" for name in names for what in STATISTICS]
            columns.append(f"{detector}.{IMAGE_SCORE}")
        self.forest = ForestGraph(forest, columns)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Score photographs; see :meth:`vadline.export.graph.DetectorGraph.forward`."""
        told, first, probe = [], None, None
        for i, detector in enumerate(self.detectors):
            assert isinstance(detector, DetectorGraph)
            grid, maps, scores = detector.look(images)
            first = maps if first is None else first
            whole = [] if self.whole is None else [self.whole(maps)]
            told += [self.statistics(maps), *whole, scores[:, None].double()]
            if self.probe is not None and i == self.looks:
                probe = self.probe(images, grid)
        assert first is not None
        return first, self.forest(torch.cat(told, dim=1), probe).float()


def _numbered(children: Sequence[int], start: int) -> NDArray[np.int64]:
    """Number a tree's children among all trees' nodes; a leaf is its own child."""
    own = np.asarray(children, np.int64)
    return start + np.where(own < 0, np.arange(len(own)), own)


def _depth(left: NDArray[np.int64], right: NDArray[np.int64], roots: NDArray[np.int64]) -> int:
    depth, at = 0, np.unique(roots)
    while len(at := at[left[at] != at]):
        at, depth = np.unique(np.concatenate([left[at], right[at]])), depth + 1
    return depth

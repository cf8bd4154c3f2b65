"""CFLOW-AD: normalising flows of normal features, given their place (Gudovskiy et al. 2022)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vadline.backbones import fixed_threads
from vadline.backbones.weights import without_prefix
from vadline.detectors.cflow.flow import ConditionalFlow
from vadline.detectors.cflow.params import CFlowParams
from vadline.detectors.cflow.position import position_code
from vadline.detectors.cflow.training import sample_layers, train_flows
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.training_set import TrainingSet
from vadline.state import ModelState

_PREFIX = "flows."


class CFlow(OnBackbone):
    """Unlikeliness of every location's features, given where they are.

    Attributes
    ----------
    flows_ : list of ConditionalFlow
        One a layer, frozen.
    """

    Params = CFlowParams
    params: CFlowParams

    @fixed_threads()
    def fit(self, training: TrainingSet, seed: int = 0) -> CFlow:
        """Train one flow a layer on features drawn from normal images; see `Detector.fit`.

        Features wholly outside of the region of interest are left out; ``seed`` is that of the
        features drawn, the flows' first weights and permutations, and the batches.
        """
        training.require_images(self.name)
        p = self.params
        samples = sample_layers(
            self, training, wanted=p.steps * p.train_batch, megabytes=p.fit_megabytes, seed=seed
        )
        self.flows_ = self._new_flows(seed)
        for flow, sample in zip(self.flows_, samples, strict=True):
            flow.whiten(sample.features, p.ridge)
        train_flows(
            self.flows_,
            samples,
            self._codes,
            steps=p.steps,
            batch=p.train_batch,
            lr=p.lr,
            seed=seed,
            name=self.name,
        )
        return self

    def _new_flows(self, seed: int) -> list[ConditionalFlow]:
        p = self.params
        with torch.random.fork_rng(devices=[]):  # the caller's generator stays as it was
            torch.manual_seed(seed)
            flows = [
                ConditionalFlow(channels, p.position_width, p.blocks, p.clamp)
                for channels in self.extractor.channels
            ]
        return [flow.to(self.device) for flow in flows]

    def _codes(self, grid: tuple[int, int]) -> Tensor:
        return position_code(self.params.position_width, *grid).to(self.device)

    def _layer_scores(self, x: Tensor) -> list[Tensor]:
        """Return each layer's scores, shape (B, h, w) of its own grid, differentiable."""
        found = []
        for flow, values in zip(self.flows_, self.frozen(x), strict=True):
            grid = tuple(values.shape[-2:])
            scores = flow.scores(values.flatten(2).transpose(1, 2), self._codes(grid))
            found.append(scores.view(-1, *grid))
        return found

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, None]:
        """Return ``-log sigmoid(log p / C)``, above 0, summed over the layers.

        All are upsampled bilinearly to the shallowest one's grid.
        """
        found = self._layer_scores(self.extractor.normalise(batch))
        grid = found[0].shape[1:]
        first, *others = (
            F.interpolate(s[:, None], grid, mode="bilinear", align_corners=False) for s in found
        )
        return sum(others, first)[:, 0], None

    @torch.no_grad()
    def candidates(self, n0: Tensor, k: int) -> Tensor:
        """Return int64 (B, L, 1), L the locations of all layers: nothing to choose from."""
        locations = sum(math.prod(values.shape[-2:]) for values in self.frozen(n0[:1]))
        return torch.arange(locations, device=n0.device)[None, :, None].expand(len(n0), -1, 1)

    def refinement_loss(self, n: Tensor, candidates: Tensor) -> Tensor:
        """Sum ``-log sigmoid(log p / C)`` over layers and locations (F2PAD eq. 6)."""
        first, *others = (scores.sum(dim=(1, 2)) for scores in self._layer_scores(n))
        return sum(others, first)

    def _tensors(self) -> Mapping[str, Tensor]:
        own = nn.ModuleList(self.flows_).state_dict(prefix=_PREFIX)
        return {**own, **super()._tensors()}

    @classmethod
    def from_state(cls, state: ModelState) -> CFlow:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls._unfitted(state)
        detector.flows_ = detector._new_flows(seed=0)
        flows = nn.ModuleList(detector.flows_)
        flows.load_state_dict(without_prefix(state.tensors, _PREFIX))
        flows.requires_grad_(False)
        return detector

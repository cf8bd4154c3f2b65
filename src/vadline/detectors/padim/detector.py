"""PaDiM: a Gaussian of normal features at every location (Defard et al. 2021)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.padim.gaussians import (
    LocationGaussians,
    fit_gaussians,
    log_cost,
    packed_triangles,
    unpacked_triangles,
)
from vadline.detectors.padim.params import PaDiMParams
from vadline.detectors.patches import grid_of, patch_features
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.state import ModelState


class PaDiM(OnBackbone):
    """Mahalanobis distance of every location from what is normal there.

    Attributes
    ----------
    channels_ : Tensor, int64, shape (C,)
        The channels kept, of all layers' together, ascending.
    grid_ : tuple of int
        Rows and columns of the locations, those of the shallowest layer.
    gaussians_ : LocationGaussians
        In row-major order of the grid.
    """

    Params = PaDiMParams
    params: PaDiMParams

    def fit(self, training: TrainingSet, seed: int = 0) -> PaDiM:
        """Learn a Gaussian per location; a handful of images will do, thanks to the ridge.

        See `Detector.fit`; ``seed`` chooses the channels. What it takes is logged before the work
        starts.
        """
        training.require_images(self.name)
        total = sum(self.extractor.channels)
        count = min(self.params.channels or total, total)
        chosen = np.random.default_rng((seed, 0xBAD1)).choice(total, count, replace=False)
        self.channels_ = torch.from_numpy(np.sort(chosen)).to(self.device)
        self.grid_ = grid_of(self.extractor, training.images)
        self.gaussians_ = self._learn(training, math.prod(self.grid_), count)
        return self

    def _learn(self, training: TrainingSet, locations: int, channels: int) -> LocationGaussians:
        p = self.params
        log_cost(locations, channels, len(training.rows), p.fit_megabytes, self.name)

        def read(part: slice) -> Iterator[Tensor]:
            for batch in self.batches(training.images, training.rows):
                with torch.no_grad():
                    features = self._features(self.extractor.normalise(batch))
                yield features[:, part]

        return fit_gaussians(read, locations, channels, p.ridge, p.fit_megabytes)

    def _features(self, x: Tensor) -> Tensor:
        """Return the kept channels at all locations, shape (B, h * w, C), differentiable."""
        merged = patch_features(self.frozen(x), pool=1)
        if merged.shape[-2:] != self.grid_:
            raise VadlineError(
                f"{self.name} learnt {self.grid_[0]} x {self.grid_[1]} locations and got an image "
                f"of {merged.shape[-2]} x {merged.shape[-1]}: fit it again on images of this size."
            )
        return merged[:, self.channels_].flatten(2).transpose(1, 2)

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, None]:
        """Return the Mahalanobis distances (Defard et al. 2021, eq. 2).

        Raises
        ------
        VadlineError
            If the images are not of the size that it was fitted on.
        """
        features = self._features(self.extractor.normalise(batch))
        return self.gaussians_.squared_distances(features).sqrt().view(-1, *self.grid_), None

    def candidates(self, n0: Tensor, k: int) -> Tensor:
        """Return int64 (B, h * w, 1): each location is compared with its own Gaussian."""
        places = torch.arange(math.prod(self.grid_), device=n0.device)
        return places[None, :, None].expand(len(n0), -1, 1)

    def refinement_loss(self, n: Tensor, candidates: Tensor) -> Tensor:
        """Sum the squared Mahalanobis distances over all locations (F2PAD eq. 7)."""
        return self.gaussians_.squared_distances(self._features(n)).sum(dim=1)

    def _config(self) -> dict[str, Any]:
        return {**super()._config(), "grid": list(self.grid_)}

    def _tensors(self) -> Mapping[str, Tensor]:
        own = {
            "channels": self.channels_,
            "mean": self.gaussians_.mean,
            "whitening": packed_triangles(self.gaussians_.whitening),
        }
        return {**own, **super()._tensors()}

    @classmethod
    def from_state(cls, state: ModelState) -> PaDiM:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls._unfitted(state)
        device, tensors = detector.device, state.tensors
        detector.channels_ = tensors["channels"].to(device)
        detector.grid_ = tuple(state.config["grid"])
        detector.gaussians_ = LocationGaussians(
            tensors["mean"].to(device), unpacked_triangles(tensors["whitening"].to(device))
        )
        return detector

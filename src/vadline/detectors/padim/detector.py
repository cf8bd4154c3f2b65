"""PaDiM: a Gaussian of normal features at every location (Defard et al. 2021)."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.padim.gaussians import (
    LocationGaussians,
    Moments,
    fit_gaussians,
    gaussians_of,
    log_cost,
    packed_triangles,
    sum_moments,
    sums_fit,
    unpacked_triangles,
)
from vadline.detectors.padim.params import PaDiMParams
from vadline.detectors.patches import grid_of, patch_features
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.state import ModelState

logger = logging.getLogger(__name__)


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
    positional = True
    params: PaDiMParams

    def fit(self, training: TrainingSet, seed: int = 0) -> PaDiM:
        """Learn a Gaussian per location; a handful of images will do, thanks to the ridge.

        See `Detector.fit`; ``seed`` chooses the channels. What it takes is logged before the work
        starts.
        """
        training.require_images(self.name)
        self._prepare(training, seed)
        p, locations, channels = self.params, math.prod(self.grid_), len(self.channels_)
        log_cost(locations, channels, len(training.rows), p.fit_megabytes, self.name)
        self.gaussians_ = fit_gaussians(
            lambda part: self._read(training, part), locations, channels, p.ridge, p.fit_megabytes
        )
        return self

    def fit_folds(
        self,
        training: TrainingSet,
        folds: NDArray[np.int64],
        wanted: Sequence[int],
        seed: int,
    ) -> Iterator[PaDiM]:
        """Fit a model for each wanted fold; see `FitsFolds.fit_folds`.

        The images are read once, into sums for each fold; a model's are those of all other folds.
        Where they do not fit into ``fit_megabytes``, each model reads the images anew.
        """
        for fold in wanted:
            training.without(folds == fold).require_images(self.name)
        self._prepare(training, seed)
        shape = math.prod(self.grid_), len(self.channels_)
        every = np.unique(folds).tolist()
        # And one more, for the sums of all other folds.
        if not sums_fit(*shape, len(every) + 1, self.params.fit_megabytes):
            logger.info("%s: raise fit_megabytes to read the images once for all folds", self.name)
            for fold in wanted:
                yield copy.copy(self).fit(training.without(folds == fold), seed)
            return
        sums = {
            fold: sum_moments(self._read(training.without(folds != fold), slice(None)), *shape)
            for fold in every
        }
        for fold in wanted:
            others = Moments(*shape)
            for other in every:
                if other != fold:
                    others.add_all(sums[other])
            model = copy.copy(self)
            model.gaussians_ = gaussians_of(others, self.params.ridge)
            yield model

    def _prepare(self, training: TrainingSet, seed: int) -> None:
        """Draw the channels and find the grid."""
        total = sum(self.extractor.channels)
        count = min(self.params.channels or total, total)
        chosen = np.random.default_rng((seed, 0xBAD1)).choice(total, count, replace=False)
        self.channels_ = torch.from_numpy(np.sort(chosen)).to(self.device)
        self.grid_ = grid_of(self.extractor, training.images)

    def _read(self, training: TrainingSet, part: slice) -> Iterator[Tensor]:
        """Walk over the images' features at some locations, (B, l, C)."""
        for batch in self.batches(training.images, training.rows):
            with torch.no_grad():
                features = self._features(self.extractor.normalise(batch))
            yield features[:, part]

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

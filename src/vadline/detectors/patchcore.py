"""PatchCore: a memory bank of normal patches, searched for the nearest (Roth et al. 2022)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.detectors.bank import build_banks
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.params import PatchCoreParams
from vadline.detectors.patches import extract, locations_inside, patch_features
from vadline.detectors.search import NearestNeighbours
from vadline.detectors.training_set import TrainingSet
from vadline.state import ModelState


class PatchCore(OnBackbone):
    """Distance of every patch to its nearest normal patch.

    Attributes
    ----------
    bank_ : Tensor, float32, shape (M, C)
        The memory bank.
    """

    Params = PatchCoreParams
    params: PatchCoreParams

    def fit(self, training: TrainingSet, seed: int = 0) -> PatchCore:
        """Build the memory bank from normal images; see `Detector.fit`.

        The patches go to a temporary file in half precision (2 bytes a value); memory grows by 12
        bytes a patch, besides bank and batch. Both are logged before the work starts.

        Patches wholly outside of the region of interest are left out; ``seed`` is that of the
        candidates, the projection and the first centre.
        """
        (bank,) = build_banks(
            self, self.params, training, [np.zeros(len(training.rows), bool)], seed
        )
        self._set_bank(bank)
        return self

    def fit_folds(
        self,
        training: TrainingSet,
        folds: NDArray[np.int64],
        wanted: Sequence[int],
        seed: int,
    ) -> Iterator[PatchCore]:
        """Fit a model for each wanted fold; see `FitsFolds.fit_folds`.

        The backbone sees each image once; the models differ in which images' patches the coreset is
        chosen from. A plain fit of the other folds' images meets the same patches in the same
        order; its last batch may be of another size, and a backbone's convolutions may round
        differently there (a relative 1e-6, before the values are rounded to half precision).
        """
        left_out = [folds == fold for fold in wanted]
        for bank in build_banks(self, self.params, training, left_out, seed):
            model = copy.copy(self)
            model._set_bank(bank)
            yield model

    def _set_bank(self, bank: Tensor) -> None:
        self.bank_ = bank
        self._search = NearestNeighbours(bank)
        # Distance from each bank entry to its neighbours, for the re-weighted image score.
        self._bank_neighbours = (
            self._search.query(bank, self.params.neighbours)[1]
            if self.params.neighbours > 1
            else None
        )

    def score_batch(
        self, batch: Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the distance of each patch to the nearest bank entry (F2PAD eq. 4).

        The image scores are the largest patch distances, re-weighted over ``params.neighbours``
        where that is above 1 (Roth et al. 2022, eq. 7); or left to the maps at the images' size,
        as ``params.image_score`` says.
        """
        features = extract(self.frozen, batch, self.params.pool)
        distances, nearest = self._search.query(features.flatten(0, 2), 1)
        distance = distances.view(features.shape[:3])
        distance = distance * locations_inside(roi, distance)
        if self.params.image_score == "blurred":
            return distance, None
        return distance, self._image_scores(features, distance, nearest.view(distance.shape))

    def _image_scores(self, features: Tensor, distance: Tensor, nearest: Tensor) -> Tensor:
        best, where = distance.flatten(1).max(dim=1)
        if self._bank_neighbours is None:
            return best
        index = torch.arange(len(best), device=best.device)
        worst = features.flatten(1, 2)[index, where]
        around = self._bank_neighbours[nearest.flatten(1)[index, where]]
        to_neighbours = (self.bank_[around] - worst[:, None]).norm(dim=2)
        # Eq. 7 with the maximum taken out of numerator and denominator, against overflow.
        shift = to_neighbours.max(dim=1, keepdim=True).values
        weights = (to_neighbours - shift).exp().sum(dim=1)
        return (1 - (best - shift[:, 0]).exp() / weights) * best

    @torch.no_grad()
    def candidates(self, n0: Tensor, k: int) -> Tensor:
        """Choose, for every location, the bank entries that refinement may compare it with.

        See `RefinableDetector.candidates`; these are the ``min(k, M)`` nearest rows of ``bank_``
        (F2PAD eq. 5).
        """
        features = patch_features(self.frozen(n0), self.params.pool).flatten(2).transpose(1, 2)
        rows = self._search.query(features.flatten(0, 1), k)[1]
        return rows.view(*features.shape[:2], -1)

    def refinement_loss(self, n: Tensor, candidates: Tensor) -> Tensor:
        """Sum over all locations of the distance to the nearest candidate (F2PAD eq. 5)."""
        features = patch_features(self.frozen(n), self.params.pool).flatten(2).transpose(1, 2)
        bank = self.bank_.to(features.dtype)
        with torch.no_grad():  # which candidate is nearest needs no gradient; only its row is used
            distances = [
                (bank[candidates[..., j]] - features).square().sum(-1)
                for j in range(candidates.shape[-1])
            ]
            best = torch.stack(distances, dim=-1).argmin(dim=-1, keepdim=True)
            nearest = bank[candidates.gather(-1, best)[..., 0]]
        # A distance of zero has no gradient; the tiny offset gives it zero.
        return ((features - nearest).square().sum(-1) + 1e-12).sqrt().sum(-1)

    def _tensors(self) -> Mapping[str, Tensor]:
        return {"bank": self.bank_, **super()._tensors()}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls._unfitted(state)
        detector._set_bank(state.tensors["bank"].to(detector.device))
        return detector

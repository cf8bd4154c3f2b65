"""PRNet: prototypical residual networks (Zhang et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.backbones import fixed_threads
from vadline.backbones.weights import load_into, without_prefix
from vadline.detectors.on_backbone import OnBackbone
from vadline.detectors.patches import locations_inside
from vadline.detectors.prnet.batches import extended
from vadline.detectors.prnet.loss import prnet_loss
from vadline.detectors.prnet.network import PRNetNetwork
from vadline.detectors.prnet.params import PRNetParams
from vadline.detectors.prnet.prototypes import prototype_maps
from vadline.detectors.supervised.batches import LabelledBatch, balanced_batches
from vadline.detectors.supervised.pooling import top_k_mean
from vadline.detectors.supervised.training import one_cycle, train
from vadline.detectors.training_set import TrainingSet
from vadline.state import ModelState

_NETWORK, _PROTOTYPES = "network.", "prototypes."


class PRNet(OnBackbone):
    """Segments defects by how features differ from prototypes of good parts.

    The map is predicted at the shallowest level's grid, a quarter of the image's side, and not
    upsampled to pixels within the network: the line upsamples and blurs anyway.

    Attributes
    ----------
    network_ : PRNetNetwork
        In evaluation mode.
    prototypes_ : list of Tensor, float32, shape (K, C, h, w)
        Of each level but the deepest.
    """

    Params = PRNetParams
    params: PRNetParams

    scores_images = True

    @fixed_threads()
    def fit(self, training: TrainingSet, seed: int = 0) -> PRNet:
        """Find prototypes of the goods, then learn to segment; see `Detector.fit`.

        Bads whose masks are not known teach that something is wrong, not where; ``seed`` is that of
        the first weights, the draws, the prototypes and the made defects.
        """
        params, device, roi = self.params, self.device, training.roi
        steps = params.epochs * params.steps_per_epoch
        batches = balanced_batches(training, params.train_batch, steps, seed, self.name)
        rng = np.random.default_rng((seed, 0x94E7))
        self.prototypes_ = self._find_prototypes(training, rng, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self._new_network().to(device).train()

        def loss_of(batch: LabelledBatch) -> Tensor:
            batch = extended(batch, rng, roi, synthetic=params.synthetic, pasted=params.pasted)
            logits = network(self._levels(batch.images), self.prototypes_)
            inside = locations_inside(roi, logits)
            # A location is defective if any of its pixels is, so that thin defects count.
            masks = F.adaptive_max_pool2d(batch.masks.float(), logits.shape[1:]) > 0
            return prnet_loss(
                logits[:, inside],
                masks.to(device)[:, inside],
                batch.mask_known.to(device),
                focal_weight=params.focal_weight,
                gamma=params.gamma,
                top_k=params.top_k,
            )

        optimiser = torch.optim.AdamW(
            network.parameters(), params.lr, weight_decay=params.weight_decay
        )
        train(
            optimiser,
            batches,
            loss_of,
            steps=steps,
            name=self.name,
            schedule=one_cycle(optimiser, steps),
        )
        self.network_ = network.eval()
        return self

    def _new_network(self) -> PRNetNetwork:
        params = self.params
        return PRNetNetwork(self.extractor.channels, params.attention_layers, params.splits)

    def _find_prototypes(
        self, training: TrainingSet, rng: np.random.Generator, seed: int
    ) -> list[Tensor]:
        rows = np.sort(rng.permutation(training.goods)[: self.params.prototype_images])
        found = [
            [level.cpu() for level in self._levels(batch)[:-1]]
            for batch in self.batches(training.images, rows, "prototypes")
        ]
        return [
            prototype_maps(torch.cat(maps), self.params.prototypes, seed).to(self.device)
            for maps in zip(*found, strict=True)
        ]

    @torch.no_grad()
    def _levels(self, images: Tensor) -> list[Tensor]:
        return self.frozen(self.frozen.normalise(images.to(self.device)))

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, Tensor]:
        """Return probabilities of being defective, and the mean of the ``params.top_k`` highest.

        Maps come at the shallowest level's grid, of images of the size that was learnt from;
        ``params.image_score`` has no part in the scores.
        """
        maps = self.network_(self._levels(batch), self.prototypes_).sigmoid()
        return maps, top_k_mean(maps[:, locations_inside(roi, maps)], self.params.top_k)

    def _tensors(self) -> Mapping[str, Tensor]:
        network = self.network_.state_dict(prefix=_NETWORK)
        prototypes = {f"{_PROTOTYPES}{i}": level for i, level in enumerate(self.prototypes_)}
        return {**network, **prototypes, **super()._tensors()}

    @classmethod
    def from_state(cls, state: ModelState) -> PRNet:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls._unfitted(state)
        device = detector.device
        with torch.random.fork_rng(devices=[]):
            network = detector._new_network().to(device)
        weights = without_prefix(state.tensors, _NETWORK)
        load_into(network, weights, f"The saved model {detector.name}")
        detector.network_ = network.eval()
        detector.prototypes_ = [
            state.tensors[f"{_PROTOTYPES}{i}"].to(device)
            for i in range(len(detector.params.layers) - 1)
        ]
        return detector

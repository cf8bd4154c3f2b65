"""Detectors that score every location of a trained backbone's last features."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from vadline.backbones import FeatureExtractor, fixed_threads
from vadline.detectors.params import LayeredParams
from vadline.detectors.patches import locations_inside
from vadline.detectors.supervised.batches import LabelledBatch, balanced_batches, plain_batches
from vadline.detectors.supervised.end_to_end import EndToEnd
from vadline.detectors.supervised.params import SupervisedParams
from vadline.detectors.supervised.score_map_network import ScoreMapNetwork
from vadline.detectors.supervised.training import freeze_batch_norm, one_cycle, train
from vadline.detectors.training_set import TrainingSet


class ScoreMapParams(LayeredParams, SupervisedParams):
    """What detectors with a score map share.

    The learning rate rises over the first tenth of the batches and falls to nought in a cosine.
    """

    layers: tuple[int, ...] = Field(
        (4,),
        min_length=1,
        description="Feature levels of the backbone that are scored, ascending; level i has stride "
        "2 ** (i + 1). The map has the last one's grid.",
    )
    balance: bool = Field(
        True,
        description="Batches half good and half bad; false draws as the images are, most good.",
    )
    batch_norm: Literal["frozen", "updated"] = Field(
        "frozen",
        description="Statistics of the backbone's batch norms: kept as pretrained, which small "
        "batches need, or learnt.",
    )


class ScoreMapDetector(EndToEnd):
    """Trains a backbone end to end; a subclass says how a map becomes a score, and the loss."""

    Params: ClassVar[type[ScoreMapParams]]
    params: ScoreMapParams
    network_: ScoreMapNetwork
    scores_images = True
    _fast: ScoreMapNetwork

    @abstractmethod
    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return what trains the network."""

    @abstractmethod
    def activations(self, maps: Tensor) -> Tensor:
        """Turn the network's output (B, h, w) into an anomaly map of the same shape."""

    def shown(self, maps: Tensor) -> Tensor:
        """Turn anomaly maps (B, h, w) into those that `score` gives; they stay as they are."""
        return maps

    @abstractmethod
    def pool(self, values: Tensor) -> Tensor:
        """Turn the anomaly map's locations inside the region, (B, n), into scores (B,)."""

    @abstractmethod
    def loss(self, scores: Tensor, bad: Tensor, generator: torch.Generator) -> Tensor:
        """Compare scores (B,) with bool labels (B,); random numbers come from ``generator``."""

    @fixed_threads()
    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Train backbone and head with good and bad images; see `Detector.fit`.

        Masks are not used, and no location outside of the region of interest counts; ``seed`` is
        that of the head's weights, the draws and the loss.
        """
        params, device = self.params, self.device
        draw = balanced_batches if params.balance else plain_batches
        steps = params.epochs * params.steps_per_epoch
        batches = draw(training, params.train_batch, steps, seed, self.name)
        generator = torch.Generator().manual_seed(seed)

        def loss_of(batch: LabelledBatch) -> Tensor:
            _, scores = self._forward(network, batch.images, training.roi)
            return self.loss(scores, batch.bad.to(device), generator)

        # Also for the backbone's dropout, where it has one.
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            network = self._new_network(copy.deepcopy(self.extractor)).to(device)
            network.train() if params.batch_norm == "updated" else freeze_batch_norm(network)
            optimiser = self.optimiser(network)
            schedule = one_cycle(optimiser, steps)
            train(optimiser, batches, loss_of, steps=steps, name=self.name, schedule=schedule)
        self._set_network(network)
        return self

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, Tensor]:
        """Return maps at the last level's grid, and the scores that the training judged.

        ``params.image_score`` has no part in them.
        """
        maps, scores = self._forward(self._fast, batch, roi)
        return self.shown(maps), scores

    def _new_network(self, extractor: FeatureExtractor) -> ScoreMapNetwork:
        return ScoreMapNetwork(extractor)

    def _forward(
        self, network: ScoreMapNetwork, images: Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[Tensor, Tensor]:
        x = network.extractor.normalise(images.to(self.device))
        maps = self.activations(network(x))
        return maps, self.pool(maps[:, locations_inside(roi, maps)])

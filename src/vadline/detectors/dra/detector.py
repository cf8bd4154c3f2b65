"""DRA: disentangled representations of anomalies, seen and unseen (Ding et al. 2022)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from vadline.backbones import FeatureExtractor, fixed_threads
from vadline.detectors.dra.batches import with_pseudo_anomalies
from vadline.detectors.dra.heads import heads_loss
from vadline.detectors.dra.network import DRANetwork
from vadline.detectors.params import LayeredParams
from vadline.detectors.supervised.batches import LabelledBatch, balanced_batches
from vadline.detectors.supervised.deviation_loss import reference_scores
from vadline.detectors.supervised.end_to_end import EndToEnd
from vadline.detectors.supervised.params import SupervisedParams
from vadline.detectors.supervised.training import freeze_batch_norm, train
from vadline.detectors.training_set import TrainingSet
from vadline.state import ModelState

_REFERENCE = "reference."


class DRAParams(LayeredParams, SupervisedParams):
    """DRA, with a training that a CPU can bear.

    The paper trains a ResNet-18 on images of 448 px or 224 px, as they came, for 30 epochs of 20
    batches of 48, with Adam at a learning rate of 1e-3 and a weight decay of 1e-2 (appendix B.1).
    """

    kind: str = "dra"
    layers: tuple[int] = Field(
        (3,), description="Feature level of the backbone; level i has stride 2 ** (i + 1)."
    )
    train_backbone: bool = Field(
        True, description="Train the backbone too, as the paper; false trains the heads only."
    )
    scales: int = Field(
        1, ge=1, description="Sizes at which images are seen, each half of the last; the paper: 2."
    )
    references: int = Field(
        5,
        ge=1,
        description="Good images whose mean features the residual head compares with; the paper's.",
    )
    top_k: float = Field(
        0.02,
        gt=0,
        le=1,
        description="Share of the patches whose scores are averaged (K of eq. 3); small, for "
        "defects of a few patches.",
    )
    margin: float = Field(
        5.0, gt=0, description="Standard deviations that bad parts shall lie above good ones."
    )
    lr: float = Field(5e-4, gt=0, description="Learning rate of Adam; the paper's 1e-3.")
    epochs: int = Field(3, ge=1, description="Epochs of training; the paper's 30.")
    train_batch: int = Field(
        12, ge=2, description="Images a batch, half bad; as many pseudo anomalies as goods join."
    )


class DRA(EndToEnd):
    """Four heads on shared features: normality, seen, pseudo and residual anomalies.

    Heads, losses and image score are the paper's (section 3.2, appendix B.1). It has no anomaly
    map; ours is the sum of the anomaly heads' patch scores. Our choices besides: pseudo anomalies
    hold a piece of another good, where eq. 4 moves one within the image; there are none among the
    references; the backbone's batch norms keep their statistics; and what
    :class:`~vadline.detectors.dra.heads.DRAHeads` names.

    Attributes
    ----------
    reference_ : list of Tensor, float32, shape (C, h, w)
        Mean features of the references, one for each of ``params.scales``.
    """

    Params = DRAParams
    params: DRAParams
    network_: DRANetwork
    scores_images = True
    _fast: DRANetwork

    @fixed_threads()
    def fit(self, training: TrainingSet, seed: int = 0) -> DRA:
        """Train backbone and heads with good and bad images, and pseudo anomalies of the goods.

        See `Detector.fit`; masks are not used, and ``seed`` is that of the heads' first weights,
        the draws, the pseudo anomalies and the references.
        """
        params, device = self.params, self.device
        steps = params.epochs * params.steps_per_epoch
        batches = balanced_batches(training, params.train_batch, steps, seed, self.name)
        rng = np.random.default_rng((seed, 0xD4A))
        generator = torch.Generator().manual_seed(seed)
        references = self._references(training, rng)

        def loss_of(batch: LabelledBatch) -> Tensor:
            images, kinds = with_pseudo_anomalies(batch, rng, training.roi)
            reference = network.reference(references)
            scores = network(images, reference, training.roi)
            return heads_loss(scores, kinds.to(device), reference_scores(generator), params.margin)

        # Also for the backbone's dropout, where it has one.
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            extractor = copy.deepcopy(self.extractor).requires_grad_(params.train_backbone)
            network = self._new_network(extractor).to(device).train()
            freeze_batch_norm(network.extractor)
            weights = [weight for weight in network.parameters() if weight.requires_grad]
            optimiser = torch.optim.Adam(weights, params.lr, weight_decay=params.weight_decay)
            train(optimiser, batches, loss_of, steps=steps, name=self.name)
        self._set_network(network)
        with torch.no_grad():
            self.reference_ = self._fast.reference(references)
        return self

    def _references(self, training: TrainingSet, rng: np.random.Generator) -> Tensor:
        count = min(self.params.references, len(training.goods))
        rows = rng.choice(training.goods, count, replace=False)
        return torch.from_numpy(np.ascontiguousarray(training.images[np.sort(rows)]))

    def _new_network(self, extractor: FeatureExtractor) -> DRANetwork:
        return DRANetwork(extractor, self.params.scales, self.params.top_k)

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, Tensor]:
        """Return maps at the grid of ``params.layers``, and the heads' own scores, of either sign.

        ``params.image_score`` has no part in them.
        """
        scores = self._fast(batch, self.reference_, roi)
        return scores.map, scores.anomaly

    def _tensors(self) -> Mapping[str, Tensor]:
        references = {f"{_REFERENCE}{i}": mean for i, mean in enumerate(self.reference_)}
        return {**super()._tensors(), **references}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = super().from_state(state)
        means = (state.tensors[f"{_REFERENCE}{i}"] for i in range(detector.params.scales))
        detector.reference_ = [mean.to(detector.device) for mean in means]
        return detector

"""WRN: the supervised classifier of SegAD (its appendix B), and where it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import torch
from pydantic import Field
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss

from vadline.detectors.supervised.params import FocalGamma
from vadline.detectors.supervised.score_map import ScoreMapDetector, ScoreMapParams
from vadline.detectors.training_set import TrainingSet
from vadline.state import ModelState


class WRNParams(ScoreMapParams):
    """SegAD's classifier g: the paper's batch size, optimiser and loss, on any backbone.

    The paper's network is ``backbone: {name: torchvision/wide_resnet50_2}``, and its learning rate
    0.025; at that one, the bundled EfficientNet-Lite0 diverges within a few dozen
    batches. The paper does not say how long it trains, how it draws, or its loss's alpha.
    """

    kind: str = "wrn"
    learn_from: Literal["finetune", "classifier", "training"] = Field(
        "classifier", description="Role of the images to learn from; see SupervisedParams."
    )
    steps_per_epoch: int = Field(40, ge=1, description="Batches an epoch.")
    train_batch: int = Field(4, ge=2, description="Images a batch.")
    lr: float = Field(
        0.0025,
        gt=0,
        description="Learning rate; the paper's 0.025 makes the bundled backbone diverge.",
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="Of the stochastic gradient descent.")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay; the paper states none.")
    focal_gamma: FocalGamma = Field(
        2.0, description="How little easy images count (Lin et al. 2020, eq. 5); 0: as others do."
    )
    focal_alpha: float | None = Field(
        None, ge=0, le=1, description="Weight of the bads in the focal loss; null weighs both by 1."
    )


class WRN(ScoreMapDetector):
    """Good or bad, by global average pooling and one logit.

    A logit of averaged features is the average of the locations' logits: these are the class
    activation map (Zhou et al. 2016), whose mean is the image's score. Only that mean is trained,
    so each place of a product gets a level of its own; the anomaly map is what exceeds it.

    Attributes
    ----------
    level_ : Tensor, float32, shape (h, w)
        Mean class activation map of the goods that it learnt from.
    """

    Params = WRNParams
    params: WRNParams

    scores_images = True

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Train with good and bad images; see `ScoreMapDetector.fit`."""
        self.level_ = torch.zeros((), device=self.device)
        super().fit(training, seed)
        maps, _ = self.score(training.images, training.goods, training.roi)
        self.level_ = torch.from_numpy(maps.mean(axis=0)).to(self.level_)
        return self

    def shown(self, maps: Tensor) -> Tensor:
        """Return how far each location is above its level; images are of the trained size."""
        return maps - self.level_

    def _tensors(self) -> Mapping[str, Tensor]:
        return {**super()._tensors(), "level": self.level_}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted classifier, which gives the same maps bit for bit."""
        classifier = super().from_state(state)
        classifier.level_ = state.tensors["level"].to(classifier.device)
        return classifier

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return SGD."""
        return torch.optim.SGD(
            network.parameters(),
            lr=self.params.lr,
            momentum=self.params.momentum,
            weight_decay=self.params.weight_decay,
        )

    def activations(self, maps: Tensor) -> Tensor:
        """Return each location's logit, (B, h, w), as it is."""
        return maps

    def pool(self, values: Tensor) -> Tensor:
        """Return the images' logits (B,) of their locations' (B, n)."""
        return values.mean(dim=1)

    def loss(self, scores: Tensor, bad: Tensor, generator: torch.Generator) -> Tensor:
        """Return the focal loss of logits (B,); ``generator`` is not used."""
        params = self.params
        alpha = -1 if params.focal_alpha is None else params.focal_alpha  # below 0: no weights
        return sigmoid_focal_loss(
            scores, bad.to(scores.dtype), alpha, params.focal_gamma, reduction="mean"
        )

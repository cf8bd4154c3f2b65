"""DevNet: deviation networks (Pang et al. 2021)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from vadline.detectors.supervised.deviation_loss import deviation_loss, reference_scores
from vadline.detectors.supervised.pooling import top_k_mean
from vadline.detectors.supervised.score_map import ScoreMapDetector, ScoreMapParams


class DevNetParams(ScoreMapParams):
    """DevNet, with a training that two CPU cores finish in about a minute at 256 px.

    The authors train a ResNet-18 at 448 px for 50 epochs of 20 batches of 48, cut the learning rate
    to a tenth every 10 epochs, and rotate the images; here it is 10 epochs of 20 batches of 8.
    """

    kind: str = "devnet"
    layers: tuple[int, ...] = Field(
        (3,),
        min_length=1,
        description="Feature levels of the backbone that are scored, ascending. Level 3 of a 256 "
        "px image has 16 x 16 locations, about the 14 x 14 of the authors' last level at 448 px.",
    )
    train_batch: int = Field(8, ge=2, description="Images a batch, half of them bad.")
    lr: float = Field(2e-4, gt=0, description="Learning rate of Adam, the authors'.")
    top_k: float = Field(
        0.1, gt=0, le=1, description="Share of the locations whose scores are averaged."
    )
    margin: float = Field(
        5.0, gt=0, description="Standard deviations that bad parts shall lie above good ones."
    )


class DevNet(ScoreMapDetector):
    """Few locations with large scores make an image anomalous.

    The paper explains a decision by gradients at the pixels; the anomaly map here is the score map
    itself, which costs nothing and holds just what the decision was made of.
    """

    Params = DevNetParams
    params: DevNetParams

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(
            network.parameters(), lr=self.params.lr, weight_decay=self.params.weight_decay
        )

    def activations(self, maps: Tensor) -> Tensor:
        """Return each location's score, (B, h, w), without its sign, as the authors' code."""
        return maps.abs()

    def pool(self, values: Tensor) -> Tensor:
        """Return the mean (B,) of the highest scores among the locations' (B, n)."""
        return top_k_mean(values, self.params.top_k)

    def loss(self, scores: Tensor, bad: Tensor, generator: torch.Generator) -> Tensor:
        """Return the deviation loss of scores (B,), against a reference drawn anew."""
        reference = reference_scores(generator)
        return deviation_loss(scores, bad, reference, self.params.margin)

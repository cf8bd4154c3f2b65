"""Settings of PRNet."""

from __future__ import annotations

from pydantic import Field

from vadline.detectors.params import LayeredParams
from vadline.detectors.supervised.params import FocalGamma, SupervisedParams


class PRNetParams(LayeredParams, SupervisedParams):
    """PRNet, with a training that a CPU can bear.

    The unofficial implementation (github.com/xcyao00/PRNet) trains on a ResNet-18's levels for 700
    epochs over all images in batches of 48, lr 1e-4 and weight decay 1e-2, with a tenth as many
    prototypes as goods.
    """

    kind: str = "prnet"
    layers: tuple[int, ...] = Field(
        (1, 2, 3, 4),
        min_length=2,
        description="Feature levels of the frozen backbone, ascending; level i has stride "
        "2 ** (i + 1). The map has the first one's grid; the last one only feeds the decoder.",
    )
    prototypes: int = Field(10, ge=1, description="Prototypes, cluster centres of goods.")
    prototype_images: int = Field(
        100, ge=1, description="Good images, at most, that are clustered; bounds the memory."
    )
    attention_layers: int = Field(
        1, ge=1, description="Multi-size self-attentions a level; 3 in the unofficial one."
    )
    splits: tuple[int, ...] = Field(
        (1, 2, 4, 8),
        min_length=1,
        description="The map is cut into n x n patches that attend to each other, for each n.",
    )
    synthetic: float = Field(
        0.5, ge=0, le=1, description="Share of the bads that synthetic defects take the place of."
    )
    pasted: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of the others, of known mask, that are cut out and pasted on goods.",
    )
    focal_weight: float = Field(5.0, ge=0, description="Weight of the focal loss.")
    gamma: FocalGamma = Field(4.0, description="Exponent of the focal loss.")
    top_k: float = Field(
        0.0015,
        gt=0,
        le=1,
        description="Share of the map's highest values whose mean is the image score; the "
        "unofficial implementation takes 100 of 256 x 256.",
    )
    lr: float = Field(1e-3, gt=0, description="Learning rate of AdamW.")
    epochs: int = Field(3, ge=1, description="Epochs of training.")

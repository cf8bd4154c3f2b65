"""APC's heads as detectors: what the fine-tuned network itself says of a part.

The paper drops the heads. They have learnt from the known bad parts all the same, and cost one
pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from vadline.apc.network import APCNetwork, network_from
from vadline.backbones import BackboneParams, pick_device
from vadline.detectors.base import MapDetector
from vadline.detectors.params import DetectorParams
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.state import ModelState

FLOOR = 1e-4
"""Added to probabilities before their logarithm is taken."""
STRIDE = 4
"""Of the segmentation's map, in pixels."""


class HeadParams(DetectorParams):
    """What the heads' detectors share."""

    encoder: Literal["apc"] = Field("apc", description="They are of the stage apc_finetune.")


class ClsParams(HeadParams):
    """The classification head."""

    kind: str = "apc_cls"


class SegmParams(HeadParams):
    """The segmentation head."""

    kind: str = "apc_segm"


class HeadDetector(MapDetector):
    """A fine-tuned network that speaks for itself; a subclass says which head is asked.

    Parameters
    ----------
    network : ModelState
        As the stage apc_finetune leaves it.
    """

    Params: ClassVar[type[HeadParams]]
    task: ClassVar[str]

    def __init__(self, network: ModelState, params: HeadParams, name: str) -> None:
        super().__init__(params, name)
        self.network = network

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> Self:
        """Make a detector, which is unfitted in name only; see `Detector.build`.

        Raises
        ------
        VadlineError
            If there is no fine-tuned network, or it was trained without the head.
        """
        own = cls.Params.model_validate(params)
        if encoder is None or cls.task not in encoder.config["apc"]["tasks"]:
            raise VadlineError(
                f"{name}: there is no head to ask: put {cls.task} into apc.tasks, or leave "
                f"{name} out of line.detectors."
            )
        return cls(encoder, own, name)

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Learn nothing: the network has learnt already; see `Detector.fit`."""
        training.require_images(self.name)
        return self

    @cached_property
    def fast(self) -> APCNetwork:
        """The network for inference, on its device."""
        return network_from(self.network).to(pick_device(self.params.device)).folded()

    def _tensors(self) -> Mapping[str, Tensor]:
        return self.network.tensors

    def _config(self) -> dict[str, Any]:
        return {**self.network.config, **super()._config()}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a detector, which gives the same maps bit for bit."""
        params = cls.Params.model_validate(state.config["params"])
        network = {key: state.config[key] for key in ("backbone", "apc")}
        return cls(ModelState(state.tensors, network), params, state.config["name"])


class APCCls(HeadDetector):
    """The classification head: the logit of "anomalous", and what each place alone would have."""

    Params = ClsParams
    task = "cls"

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, Tensor]:
        """Return the logits of each place, at stride 32, and of the image.

        ``params.image_score`` has no part in them.
        """
        head = self.fast.cls
        assert head is not None  # build saw to it
        up2, _, _ = self.fast.decode(self.fast.encoder(self.fast.encoder.normalise(batch)))
        return head.map(up2), head(up2)


class APCSegm(HeadDetector):
    """The segmentation head: the logarithm of each pixel's probability to be anomalous."""

    Params = SegmParams
    task = "segm"

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, None]:
        """Return ``log(sigmoid + 1e-4)``, averaged over fields of 4 x 4 pixels."""
        return log_probability(self.fast, self.fast.encoder.normalise(batch)), None


def log_probability(network: APCNetwork, x: Tensor) -> Tensor:
    """Return the segmentation's ``log(sigmoid + 1e-4)`` at stride 4.

    Parameters
    ----------
    x : Tensor, float32, shape (B, 3, H, W)
        Normalised pixels.

    Returns
    -------
    Tensor, float32, shape (B, ceil(H / 4), ceil(W / 4))
    """
    segm = network.segm
    assert segm is not None  # build saw to it
    _, up3, stem = network.decode(network.encoder(x))
    logits = segm(up3, stem, (x.shape[-2], x.shape[-1]))
    values = (torch.sigmoid(logits) + FLOOR).log()
    return F.avg_pool2d(values[:, None], STRIDE, ceil_mode=True)[:, 0]

"""APC's heads as detectors.

The paper drops the heads. They have learnt from the known bad parts all the same, and cost one
pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from vadline.apc.said import Heads
from vadline.backbones import BackboneParams, pick_device
from vadline.detectors.base import MapDetector
from vadline.detectors.params import DetectorParams
from vadline.detectors.training_set import TrainingSet
from vadline.splits.draws import evenly
from vadline.state import ModelState

GOODS = 50
"""Good training parts that the heads' standards are of, evenly drawn."""


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
    """One of the heads, in standard deviations of good parts; a subclass says which."""

    Params: ClassVar[type[HeadParams]]
    task: ClassVar[str]

    def __init__(self, heads: Heads, params: HeadParams, name: str) -> None:
        super().__init__(params, name)
        self.heads = heads

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> Self:
        """Make an unfitted detector; see `Detector.build`.

        Raises
        ------
        VadlineError
            If there is no fine-tuned network, or it was trained without the head.
        """
        own = cls.Params.model_validate(params)
        return cls(Heads(encoder, (cls.task,), pick_device(own.device), name), own, name)

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Learn how good parts spread; see `Detector.fit`."""
        training.require_images(self.name)
        goods = evenly(training.goods, GOODS)
        self.heads.fit(self.batches(training.images, goods, "standards"))
        return self

    def score_batch(
        self, batch: Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the head's map, and the classification's score; see :meth:`Heads.say`."""
        said = self.heads.say(batch)
        return said[f"{self.task}_map"], said.get(self.task)

    def _tensors(self) -> Mapping[str, Tensor]:
        return self.heads.tensors()

    def _config(self) -> dict[str, Any]:
        return {"heads": self.heads.state.config, **super()._config()}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        own, name = cls.Params.model_validate(state.config["params"]), state.config["name"]
        return cls(Heads.from_state(state, (cls.task,), pick_device(own.device), name), own, name)


class APCCls(HeadDetector):
    """The classification head: the logit of "anomalous", and what each place alone would have.

    ``params.image_score`` has no part in it.
    """

    Params = ClsParams
    task = "cls"
    scores_images = True


class APCSegm(HeadDetector):
    """The segmentation head: the logarithm of each pixel's probability to be anomalous."""

    Params = SegmParams
    task = "segm"

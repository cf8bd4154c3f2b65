"""PatchCore, with what APC's heads say added to its map and score. Not in the paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from vadline.apc.detectors import GOODS
from vadline.apc.said import Heads
from vadline.backbones import BackboneParams, pick_device
from vadline.backbones.extractor import resized
from vadline.detectors.maps import image_scores, upsample_and_blur
from vadline.detectors.params import DetectorParams, PatchCoreParams
from vadline.detectors.patchcore import PatchCore
from vadline.detectors.training_set import TrainingSet
from vadline.splits.draws import evenly
from vadline.state import ModelState

TASKS = ("cls", "segm")
_SPREAD = "spread"


class FusedParams(PatchCoreParams):
    """PatchCore's settings, and how much the heads count."""

    kind: str = "apc_fused"
    encoder: Literal["apc"] = Field("apc", description="The heads are of the stage apc_finetune.")
    bank: Literal["pretrained", "apc"] = Field(
        "pretrained", description="The features that the memory bank is of."
    )
    weight_cls: float = Field(
        0.2,
        ge=0,
        description="Of the classification in the image score, times what held-out parts say that "
        "it is worth. Heads are in standard deviations of good parts, which count as many of the "
        "distances of good patches.",
    )
    weight_segm: float = Field(0.5, ge=0, description="Of the segmentation in the map.")


class APCFused(PatchCore):
    """The memory bank's distances, the classification's logit and the segmentation's logarithms.

    Attributes
    ----------
    spread_ : Tensor, float32, 0-d
        Standard deviation of good patches' distances.
    """

    Params = FusedParams
    params: FusedParams
    heads: Heads
    scores_images = True
    spread_: Tensor

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
            If there is no fine-tuned network, or it was trained without one of the heads.
        """
        own = cls.Params.model_validate(params)
        detector = super().build(own, backbone, name, encoder if own.bank == "apc" else None)
        detector.heads = Heads(encoder, TASKS, pick_device(own.device), name)
        return detector

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Build the memory bank, and learn how good parts spread; see `Detector.fit`."""
        super().fit(training, seed)
        goods = evenly(training.goods, GOODS)
        self.heads.fit(self.batches(training.images, goods, "standards"))
        distances = [
            super(APCFused, self).score_batch(batch, training.roi)[0]
            for batch in self.batches(training.images, goods, "standards")
        ]
        spread = torch.cat(distances).double().std(unbiased=False).float()
        self.spread_ = torch.where(spread > 0, spread, 1.0)
        return self

    def score_batch(self, batch: Tensor, roi: NDArray[np.bool_] | None) -> tuple[Tensor, Tensor]:
        """Return weighted sums of the bank's and the heads' maps, at stride 4, and scores."""
        distance, score = super().score_batch(batch, roi)
        if score is None:
            size, sigma = (batch.shape[1], batch.shape[2]), self.params.blur_sigma
            found = image_scores(upsample_and_blur(distance.cpu().numpy(), size, sigma))
            score = torch.from_numpy(found).to(distance)
        said = self.heads.say(batch)
        segm = said["segm_map"]
        # The bank's own part is left as it is: its scale differs from fold to fold.
        maps = resized(distance[:, None], segm.shape[-2:])[:, 0]
        cls = self.heads.trust * self.params.weight_cls * said["cls"]
        return (
            maps + self.params.weight_segm * self.spread_ * segm,
            score + self.spread_ * cls,
        )

    def _tensors(self) -> Mapping[str, Tensor]:
        return {_SPREAD: self.spread_, **self.heads.tensors(), **super()._tensors()}

    def _config(self) -> dict[str, Any]:
        return {"heads": self.heads.state.config, **super()._config()}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = super().from_state(state)
        device = detector.device
        detector.heads = Heads.from_state(state, TASKS, device, detector.name)
        detector.spread_ = state.tensors[_SPREAD].to(device)
        return detector

"""Any model of anomalib's as a detector of the line."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from anomalib.data import ImageBatch
from anomalib.models.components import AnomalibModule
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vadline.backbones import BackboneParams, fixed_threads
from vadline.detectors.anomalib.models import build_model
from vadline.detectors.anomalib.params import AnomalibParams, TrainedParams
from vadline.detectors.anomalib.store_data import StoreData, as_input, hold_out
from vadline.detectors.anomalib.tensors import (
    lay_out,
    learnt_attributes,
    plain_attributes,
    put_back,
)
from vadline.detectors.anomalib.training import isolated, train
from vadline.detectors.base import MapDetector
from vadline.detectors.params import DetectorParams
from vadline.detectors.patches import locations_inside
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.images.arrays import Images
from vadline.state import ModelState


class TrainedDetector(MapDetector):
    """A model of anomalib's, or one made of its parts, trained and asked without its Engine.

    Its raw ``pred_score`` and ``anomaly_map`` are used: no learnt threshold, no normalisation. With
    a region of interest, of which no model knows, the highest value of the map inside takes the
    place of ``pred_score``. A model without maps (Dfkde, Ganomaly) gives its image score as a map
    of a single pixel.

    Attributes
    ----------
    module_ : AnomalibModule
        Fitted, in evaluation mode, on ``params.device``.
    size_ : tuple of int
        Height and width of the images that it was built for.
    """

    Params: ClassVar[type[TrainedParams]]
    params: TrainedParams

    @property
    def scores_images(self) -> bool:  # type: ignore[override]  # as its settings say
        """Whether the model's own scores are taken."""
        return self.params.image_score == "model"

    def __init__(
        self,
        params: TrainedParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> None:
        super().__init__(params, name)
        self.backbone = backbone
        self.encoder = encoder

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> Self:
        """Make an unfitted detector; see :class:`vadline.detectors.protocol.Detector`."""
        return cls(cls.Params.model_validate(params), backbone, name, encoder)

    @abstractmethod
    def module(self, size: tuple[int, int], *, pretrained: bool) -> AnomalibModule:
        """Build the untrained model for images of ``size``, height and width.

        Where not ``pretrained``, all weights are put in afterwards: nothing is read or downloaded.
        """

    def prepare(self, module: AnomalibModule, data: StoreData, seed: int) -> None:
        """Do what comes before the training; subclasses distil a teacher here."""

    @fixed_threads()
    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Train the model on good images; see `Detector.fit`.

        The region of interest is not used in training; ``seed`` is that of initial weights, order
        and augmentation, and global generators are put back.

        Raises
        ------
        VadlineError
            If there is no image to learn from, the model cannot be built or its loss diverges.
        """
        training.require_images(self.name)
        params, device = self.params, self.device
        learnt, held_out = hold_out(training.rows, params.validation_share)
        data = StoreData(training.images, learnt, held_out, params.train_batch, seed)
        height, width = training.images.shape[1:3]
        self.size_ = height, width
        with isolated(seed):
            module = self.module(self.size_, pretrained=True)
            before = plain_attributes(module)
            self.prepare(module, data, seed)
            train(
                module,
                data,
                epochs=params.epochs,
                steps=params.steps,
                device=device,
                name=self.name,
            )
        lay_out(module)
        self._learnt = learnt_attributes(before, plain_attributes(module))
        self.module_ = module.to(device)
        maps, scores = self.score(training.images, learnt[:1])
        if not (np.isfinite(maps).all() and np.isfinite(scores).all()):
            raise VadlineError(
                f"{self.name}: what anomalib's {module.name} learnt from {len(learnt)} images is "
                "not finite; it needs more images."
            )
        return self

    def score(
        self,
        images: Images,
        rows: NDArray[np.int64],
        roi: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score images, pixel-wise and as a whole; see :meth:`MapDetector.score`.

        Raises
        ------
        VadlineError
            If the images are of another size than those learnt from.
        """
        if tuple(images.shape[1:3]) != self.size_:
            raise VadlineError(
                f"{self.name} was trained on images of {self.size_} pixels, these have "
                f"{tuple(images.shape[1:3])}: ingest them at the same images.size."
            )
        with isolated(0):
            return super().score(images, rows, roi)

    def score_batch(
        self, batch: Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the model's maps, every ``map_stride`` pixels averaged, and perhaps its scores."""
        module, x = self.module_, as_input(batch)
        if module.pre_processor and module.pre_processor.transform:
            x = module.pre_processor.transform(x)
        found = module.predict_step(ImageBatch(image=x), 0)
        score = found.pred_score
        if found.anomaly_map is None:
            return score.view(-1, 1, 1), score.view(-1)
        maps = found.anomaly_map.as_subclass(Tensor).view(len(x), *found.anomaly_map.shape[-2:])
        own = self.params.image_score == "model" and score is not None
        scores = score.view(-1) if own else None
        if own and roi is not None and not roi.all():  # the model itself knows of no region
            scores = maps[:, locations_inside(roi, maps)].amax(dim=1)
        stride = getattr(self.params, "map_stride", 1)
        if stride > 1:
            maps = F.avg_pool2d(maps[:, None], stride, ceil_mode=True)[:, 0]
        return maps, scores

    def _tensors(self) -> Mapping[str, Tensor]:
        return {**self.module_.state_dict(), **self._learnt[0]}

    def _config(self) -> dict[str, Any]:
        """Return what rebuilding reads, with the plain attributes that training has set."""
        own = {"backbone": self.backbone.name, "size": list(self.size_)}
        return {**super()._config(), **own, "attributes": self._learnt[1]}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector; nothing is downloaded.

        Raises
        ------
        VadlineError
            If the installed anomalib builds another network than the one that was saved.
        """
        params = cls.Params.model_validate(state.config["params"])
        backbone = BackboneParams(name=state.config["backbone"], weights="random")
        detector = cls(params, backbone, state.config["name"])
        detector.size_ = tuple(state.config["size"])
        with isolated(0):
            module = detector.module(detector.size_, pretrained=False)
        values = state.config["attributes"]
        put_back(module, state.tensors, values, f"The saved model {detector.name}")
        own = module.state_dict()
        detector._learnt = {k: v for k, v in state.tensors.items() if k not in own}, values
        detector.module_ = module.eval().to(detector.device)
        return detector


class AnomalibDetector(TrainedDetector):
    """Any model of anomalib's, by its name."""

    Params = AnomalibParams
    params: AnomalibParams

    @property
    def positional(self) -> bool:  # type: ignore[override]  # as its model is
        """Whether the model has a Gaussian at each place."""
        return self.params.model.lower() == "padim"

    def module(self, size: tuple[int, int], *, pretrained: bool) -> AnomalibModule:
        """Build the untrained model; see :meth:`TrainedDetector.module`."""
        params = self.params
        return build_model(params.model, params.options, size, self.backbone, pretrained=pretrained)

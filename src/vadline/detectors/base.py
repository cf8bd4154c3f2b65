"""What detectors that give anomaly maps share: the scoring loop, and how they are saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vadline.backbones import BackboneParams, pick_device, usual_batch
from vadline.detectors.maps import image_scores, upsample_and_blur
from vadline.detectors.params import DetectorParams
from vadline.detectors.patches import batches, grid_roi
from vadline.detectors.training_set import TrainingSet
from vadline.images.arrays import Images
from vadline.progress import progress
from vadline.state import ModelState


class MapDetector(ABC):
    """A detector that scores images batch by batch; a subclass says how it learns and scores one.

    ``params`` and ``name`` are those of :meth:`vadline.detectors.protocol.Detector.build`.
    """

    Params: ClassVar[type[DetectorParams]]
    positional: ClassVar[bool] = False
    """Whether what it learns depends on where on the photograph that is."""
    scores_images: ClassVar[bool] = False
    """Whether :meth:`score_batch` gives scores of its own, be they the map's highest or not."""

    def __init__(self, params: DetectorParams, name: str) -> None:
        self.params = params
        self.name = name

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
    ) -> Self:
        """Make an unfitted detector; see :class:`vadline.detectors.protocol.Detector`."""
        return cls(params, name)

    @abstractmethod
    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Learn; see :meth:`vadline.detectors.protocol.Detector.fit`."""

    @abstractmethod
    def score_batch(
        self, batch: Tensor, roi: NDArray[np.bool_] | None
    ) -> tuple[Tensor, Tensor | None]:
        """Score a few images, pixel-wise and, if it likes, as a whole.

        Parameters
        ----------
        batch : Tensor, uint8, shape (B, H, W, 3)
            On ``device``.
        roi : ndarray, bool, shape (H, W), optional
            What a whole image's score may come from; :meth:`score` takes it out of the maps.

        Returns
        -------
        maps : Tensor, float, shape (B, h, w)
            Higher = more anomalous, at any grid.
        scores : Tensor, float, shape (B,), optional
            ``None`` to take them from the maps, as ``params.image_score`` says.
        """

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return pick_device(self.params.device)

    def batch_for(self, size: tuple[int, ...]) -> int:
        """Return how many images of a height and width are looked at together."""
        return self.params.batch_size or usual_batch(self.device, size)

    def batches(
        self, images: Images, rows: NDArray[np.int64], doing: str = "features"
    ) -> Iterator[Tensor]:
        """Walk over images, a batch in memory at a time, with a progress bar that says ``doing``.

        Yields
        ------
        Tensor, uint8, shape (B, H, W, 3)
            On ``device``.
        """
        with progress(total=len(rows), desc=f"{self.name}: {doing}", unit="image") as bar:
            for batch in batches(images, rows, self.batch_for(images.shape[1:3])):
                yield batch.to(self.device)
                bar.update(len(batch))

    @torch.no_grad()
    def score(
        self,
        images: Images,
        rows: NDArray[np.int64],
        roi: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score images; see :meth:`vadline.detectors.protocol.Detector.score`.

        Where ``rows`` is empty, maps have the shape (0, 1, 1). Scores are what :meth:`score_batch`
        gives, or else the highest value of the map, of the upsampled and blurred one where
        ``params.image_score`` says so.
        """
        maps, scores = [np.empty((0, 1, 1), np.float32)], [np.empty(0)]
        for batch in self.batches(images, rows, "anomaly maps"):
            found, score = self.score_batch(batch, roi)
            values = inside(found.float().cpu().numpy(), roi)
            maps.append(values)
            if score is not None:
                scores.append(score.double().cpu().numpy())
            else:
                scores.append(map_scores(values, images.shape[1:3], self.params))
        return np.concatenate(maps[1:] or maps), np.concatenate(scores)

    def state(self) -> ModelState:
        """Return the fitted detector as data; see `Detector.state`."""
        tensors = {name: t.detach().cpu().contiguous() for name, t in self._tensors().items()}
        return ModelState(tensors, self._config())

    def _tensors(self) -> Mapping[str, Tensor]:
        """Return what is saved: the attributes, all tensors, whose names end in _."""
        return {k: v for k, v in vars(self).items() if k.endswith("_") and not k.startswith("_")}

    def _config(self) -> dict[str, Any]:
        """Return what :meth:`from_state` reads, as plain JSON values."""
        return {"name": self.name, "params": self.params.model_dump(mode="json")}

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        detector = cls(cls.Params.model_validate(state.config["params"]), state.config["name"])
        for name, value in state.tensors.items():
            setattr(detector, name, value.to(detector.device))
        return detector


def map_scores(
    maps: NDArray[np.float32], size: tuple[int, ...], params: DetectorParams
) -> NDArray[np.float64]:
    """Score images by their maps, float32 (N, h, w), as ``params.image_score`` says.

    ``size`` is the photographs' height and width.
    """
    if params.image_score == "blurred":
        maps = upsample_and_blur(maps, size, params.sigma_at(size))
    return image_scores(maps)


def inside(maps: NDArray[np.float32], roi: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """Take what lies outside of a region, bool (H, W), out of maps; see `Detector.score`."""
    if roi is None or roi.all():
        return maps
    seen = grid_roi(roi, maps.shape[1:])
    lowest = np.where(seen, maps, np.inf).min(axis=(1, 2), keepdims=True)
    return np.where(seen, maps, np.minimum(lowest, 0)).astype(np.float32)

"""Detectors on photographs that are cut into tiles: each tile is an image of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from vadline.backbones import pick_device, usual_batch
from vadline.detectors.base import inside, map_scores
from vadline.detectors.laying import laid_together
from vadline.detectors.params import DetectorParams
from vadline.detectors.protocol import Detector, FitsFolds
from vadline.detectors.tile_training import cut_training, training_of_tile
from vadline.detectors.training_set import TrainingSet
from vadline.images.arrays import Images
from vadline.images.tiles import TileParams, Tiles, Tiling
from vadline.progress import progress, without_bars
from vadline.state import ModelState


class Tiled:
    """A detector that looks at tiles; see :class:`vadline.detectors.protocol.Detector`.

    One model sees all tiles, so that what is normal on one is normal on all; where a detector
    knows places (its class has ``positional``), each tile has a model of its own.

    Parameters
    ----------
    params : DetectorParams
        With ``tiles``.
    build : callable
        Makes an unfitted detector for a tile, of settings without.
    """

    def __init__(self, params: DetectorParams, build: Callable[[], Detector]) -> None:
        self.params = params
        self._build = build
        self._models = [build()]

    @property
    def name(self) -> str:
        """The detector's name in the line."""
        return self._models[0].name

    @property
    def positional(self) -> bool:
        """Whether each tile has a model of its own."""
        return bool(getattr(self._models[0], "positional", False))

    def batch_for(self, size: tuple[int, ...]) -> int:
        """Return how many photographs of a height and width are looked at together.

        As many as a tile's detector takes: one tile of each is in memory.
        """
        usual = usual_batch(pick_device(self.params.device), size)
        own = getattr(self._models[0], "batch_for", lambda _: usual)
        return own(self.tiling(size).tile)

    @property
    def _cut(self) -> TileParams:
        return self.params.tiles or TileParams()

    def tiling(self, size: tuple[int, ...]) -> Tiling:
        """Return where the tiles of photographs of a height and width lie."""
        return Tiling.of(self._cut, size)

    def at(self, tile: int) -> Detector:
        """Return the model that looks at a tile."""
        return self._models[tile if len(self._models) > 1 else 0]

    def fit(self, training: TrainingSet, seed: int = 0) -> Tiled:
        """Learn; see `Detector.fit`."""
        first = self._models[0]
        if not self.positional:
            first.fit(cut_training(training, self._cut)[0], seed)
            return self
        tiling = self.tiling(training.images.shape[1:3])
        with progress(range(len(tiling)), desc=f"{self.name}: tiles", unit="tile") as tiles:
            for tile in tiles:
                # A copy shares the network; only what is learnt is its own.
                model = first if tile == 0 else copy.copy(first)
                with without_bars():
                    self._models[tile:] = [
                        model.fit(training_of_tile(training, tiling, tile), seed)
                    ]
        return self

    def fit_folds(
        self,
        training: TrainingSet,
        folds: NDArray[np.int64],
        wanted: Sequence[int],
        seed: int,
    ) -> Iterator[Tiled]:
        """Fit a model for each wanted fold; see `FitsFolds.fit_folds`."""
        first = self._models[0]
        if self.positional or not isinstance(first, FitsFolds):
            for fold in wanted:
                yield Tiled(self.params, self._build).fit(training.without(folds == fold), seed)
            return
        tiles, parts = cut_training(training, self._cut)
        for model in first.fit_folds(tiles, folds[parts], wanted, seed):
            fitted = copy.copy(self)
            fitted._models = [model]
            yield fitted

    def score(
        self,
        images: Images,
        rows: NDArray[np.int64],
        roi: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score photographs by their tiles; see `Detector.score`.

        Maps are the tiles' laid together, see :func:`laid_together`, and scores are theirs, as
        ``params.image_score`` says; of a detector that scores images by itself (its class has
        ``scores_images``) the highest of the tiles'.
        """
        tiling = self.tiling(images.shape[1:3])
        store = Tiles(images, tiling)

        def score(tile: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
            region = None if roi is None else roi[tiling.windows[tile]]
            return self.at(tile).score(store, tiling.rows(rows, tile), region)

        return self.by_tiles(score, tiling, len(rows), roi)

    def by_tiles(
        self,
        score: Callable[[int], tuple[NDArray[np.float32], NDArray[np.float64]]],
        tiling: Tiling,
        count: int,
        roi: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score photographs as :meth:`score` does, given what scores one tile of all of them.

        Parameters
        ----------
        score : callable
            Takes a tile's number; not asked about those wholly outside of the region.
        count : int
            Of the photographs.
        roi : ndarray, bool, shape (H, W), optional
            The region of interest.
        """
        if count == 0:
            return np.empty((0, 1, 1), np.float32), np.empty(0)
        found = {}
        with progress(total=len(tiling), desc=f"{self.name}: tiles", unit="tile") as bar:
            for tile, window in enumerate(tiling.windows):
                if roi is None or roi[window].any():
                    with without_bars():
                        found[tile] = score(tile)
                bar.update()
        nothing = np.zeros_like(next(iter(found.values()))[0])
        maps = [found[tile][0] if tile in found else nothing for tile in range(len(tiling))]
        together = inside(laid_together(maps, tiling), roi)
        if getattr(self._models[0], "scores_images", True):
            return together, np.max([scores for _, scores in found.values()], axis=0)
        return together, map_scores(together, tiling.size, self.params)

    def state(self) -> ModelState:
        """Return the fitted detector as data; see `Detector.state`."""
        first: dict[str, torch.Tensor] = {}
        tensors, configs = {}, []
        for tile, model in enumerate(self._models):
            state = model.state()
            for name, tensor in state.tensors.items():
                # What all share, such as a network, stands there once.
                if not (name in first and torch.equal(tensor, first[name])):
                    tensors[f"{tile}.{name}"] = tensor
            first = first or dict(state.tensors)
            configs.append(state.config)
        params = self.params.model_dump(mode="json")
        return ModelState(tensors, {"name": self.name, "params": params, "models": configs})

    @classmethod
    def from_state(cls, state: ModelState) -> Tiled:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""
        from vadline.detectors.registry import detector_class  # which makes these

        params = state.config["params"]
        load, of_a_tile = detector_class(params["kind"]).from_state, {**params, "tiles": None}
        shared: dict[str, torch.Tensor] = {}
        models: list[Detector] = []
        for tile, config in enumerate(state.config["models"]):
            begin = f"{tile}."
            own = {k[len(begin) :]: v for k, v in state.tensors.items() if k.startswith(begin)}
            shared = shared or own
            told = {**config, "params": of_a_tile}
            models.append(load(ModelState({**shared, **own}, told)))
            for name in ("extractor", "frozen") if tile else ():
                if hasattr(models[0], name):
                    setattr(models[tile], name, getattr(models[0], name))
        tiled = cls(DetectorParams.model_validate(params), lambda: models[0])
        tiled._models = models
        return tiled

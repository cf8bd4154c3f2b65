"""Cross-fitting: every part is scored by a model that has not seen its fold."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vadline.detectors.protocol import Detector, FitsFolds
from vadline.detectors.tile_training import training_of_tile
from vadline.detectors.tiled import Tiled
from vadline.detectors.training_set import TrainingSet
from vadline.errors import VadlineError
from vadline.images.arrays import Images
from vadline.images.tiles import Tiles
from vadline.progress import progress

logger = logging.getLogger(__name__)

_FORMAT = "vadline-fold-1"  # another one makes the files of earlier versions stale
_Scored = tuple[NDArray[np.float32], NDArray[np.float64]]


@dataclass(frozen=True)
class HeldOut:
    """What the folds' models are asked.

    Attributes
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Photographs, often joined with stand-ins.
    rows : ndarray, int64, shape (m,)
        Which of them are scored, in this order.
    folds : ndarray, int64, shape (m,)
        The fold whose model scores each row: the one that has not seen it. From 0 on.
    """

    images: Images
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]


def cross_fit(
    build: Callable[[int], Detector],
    training: TrainingSet,
    folds: NDArray[np.int64],
    held_out: HeldOut,
    seed: int,
    folder: Path | None = None,
    identity: str = "",
    same_encoder: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Score each row with a model that has learnt from all folds but the row's own.

    Parameters
    ----------
    build : callable
        Makes an unfitted detector for a fold. Its settings are the same for all folds.
    folds : ndarray, int64, shape (n,)
        Of ``training.rows``; parts of fold -1 are learnt from by every model.
    seed : int
        Of every model.
    folder : Path, optional
        Keeps what the finished folds' models have said, one file a fold, so that a killed run goes
        on after the last one, with the same result to the last bit. It is this cross-fitting's own:
        files of another one are replaced. All are removed at the end.
    identity : str
        Tells apart what the arguments do not: the weights of the encoders, and what ``held_out``'s
        images show.
    same_encoder : bool
        Whether ``build`` gives the same whatever the fold: then a detector that has
        `FitsFolds.fit_folds` shares what the models have in common.

    Returns
    -------
    maps : ndarray, float32, shape (m, h, w)
        As `Detector.score` gives them, within ``training.roi``; (0, 1, 1) where m is 0.
    scores : ndarray, float64, shape (m,)

    Raises
    ------
    VadlineError
        If a fold's model has nothing to learn from, maps of the folds differ in size, or a held-out
        row is of no fold.
    """
    asked = np.unique(held_out.folds).tolist()
    if not asked:
        return np.empty((0, 1, 1), np.float32), np.empty(0)
    if asked[0] < 0:
        raise VadlineError("a held-out row of no fold: there is no model that has not seen it.")
    inputs = _digest(training, folds, held_out, f"{seed} {same_encoder} {identity}")
    finished = _FinishedFolds(folder, inputs)
    built_for = next((fold for fold in asked if not finished.has(fold)), asked[0])
    first = build(built_for)
    if isinstance(first, Tiled) and first.positional:
        # Tile by tile, so that no more than one tile's models are in memory.
        return _by_tiles(build, training, folds, held_out, seed, folder, identity, same_encoder)
    finished.settings = json.dumps(first.params.model_dump(mode="json"), sort_keys=True)
    left = [fold for fold in asked if not finished.has(fold)]
    _tell_cost(first.name, training, folds, asked, len(left))
    together = _Together(len(held_out.rows))
    for fold in asked:
        if fold not in left:
            together.put(held_out.folds == fold, finished.load(fold))

    def unfitted(fold: int) -> Detector:
        # Anew for each: a network would go on from what it has learnt of this very fold.
        return first if fold == built_for else build(fold)

    models = _fitted(unfitted, training, folds, left, same_encoder, seed)
    with progress(total=len(left), desc=f"{first.name}: folds", unit="fold") as bar:
        for fold, model in zip(left, models, strict=True):
            mine = held_out.folds == fold
            scored = model.score(held_out.images, held_out.rows[mine], training.roi)
            finished.save(fold, scored)
            together.put(mine, scored)
            bar.update()
    finished.remove()
    return together.maps, together.scores


def _by_tiles(
    build: Callable[[int], Detector],
    training: TrainingSet,
    folds: NDArray[np.int64],
    held_out: HeldOut,
    seed: int,
    folder: Path | None,
    identity: str,
    same_encoder: bool,
) -> _Scored:
    """Cross-fit each tile's own models, as if it were a product of its own."""
    tiled = _as_tiled(build, 0)
    tiling = tiled.tiling(training.images.shape[1:3])
    store = Tiles(held_out.images, tiling)

    def of_a_tile(fold: int) -> Detector:
        return _as_tiled(build, fold).at(0)

    def score(tile: int) -> _Scored:
        asked = replace(held_out, images=store, rows=tiling.rows(held_out.rows, tile))
        own = training_of_tile(training, tiling, tile)
        place = None if folder is None else folder / f"tile_{tile}"
        return cross_fit(of_a_tile, own, folds, asked, seed, place, identity, same_encoder)

    return tiled.by_tiles(score, tiling, len(held_out.rows), training.roi)


def _as_tiled(build: Callable[[int], Detector], fold: int) -> Tiled:
    built = build(fold)
    assert isinstance(built, Tiled)
    return built


def _fitted(
    unfitted: Callable[[int], Detector],
    training: TrainingSet,
    folds: NDArray[np.int64],
    wanted: Sequence[int],
    same_encoder: bool,
    seed: int,
) -> Iterator[Detector]:
    """Walk over the fitted models of the wanted folds."""
    if wanted and same_encoder and isinstance(first := unfitted(wanted[0]), FitsFolds):
        yield from first.fit_folds(training, folds, wanted, seed)
        return
    for fold in wanted:
        yield unfitted(fold).fit(training.without(folds == fold), seed)


def _tell_cost(
    name: str,
    training: TrainingSet,
    folds: NDArray[np.int64],
    asked: Sequence[int],
    left: int,
) -> None:
    learnt = np.mean([(folds != fold).sum() for fold in asked])
    done = f"; {len(asked) - left} are finished already" if left < len(asked) else ""
    logger.info("%s: %d folds, each learns from about %.0f parts%s", name, len(asked), learnt, done)


class _Together:
    """All folds' maps and scores, in the order that was asked for."""

    def __init__(self, count: int) -> None:
        self.maps = np.empty((count, 0, 0), np.float32)
        self.scores = np.empty(count)

    def put(self, where: NDArray[np.bool_], scored: _Scored) -> None:
        maps, scores = scored
        if self.maps.size == 0:
            self.maps = np.empty((len(self.scores), *maps.shape[1:]), np.float32)
        if maps.shape[1:] != self.maps.shape[1:]:
            raise VadlineError(
                f"maps of {maps.shape[1:]} beside maps of {self.maps.shape[1:]}: the detectors of "
                "all folds must have one grid."
            )
        self.maps[where], self.scores[where] = maps, scores


def _digest(training: TrainingSet, folds: NDArray[np.int64], held_out: HeldOut, others: str) -> str:
    """Tell apart all that decides the result, but for the detector's settings."""
    whole = hashlib.sha256(f"{training.fingerprint}\n{others}".encode())
    arrays = (training.rows, training.bad, training.mask_known, training.roi, folds)
    for array in (*arrays, held_out.rows, held_out.folds):
        values = np.empty(0) if array is None else np.ascontiguousarray(array)
        whole.update(f"{values.shape} {values.dtype}".encode() + values.tobytes())
    whole.update(f"{training.images.shape[1:]} {held_out.images.shape[1:]}".encode())
    return whole.hexdigest()


class _FinishedFolds:
    """What the finished folds' models have said, one file a fold.

    A file is used where it was left by this very cross-fitting. As the detector's settings are
    known only when one is built, ``settings`` may be set later: until then any will do.
    """

    def __init__(self, folder: Path | None, inputs: str) -> None:
        self.folder = folder
        self.inputs = inputs
        self.settings: str | None = None

    def has(self, fold: int) -> bool:
        """Tell whether there is a fold's file to be used."""
        if self.folder is None or not (path := self._path(fold)).exists():
            return False
        try:
            with safe_open(path, framework="np") as file:
                told = file.metadata() or {}
        except SafetensorError:
            told = {}
        wanted = self._told()
        if wanted.items() <= told.items():
            return True
        if self.settings is not None:
            logger.warning("%s is not used: it was left by something else.", path)
        return False

    def load(self, fold: int) -> _Scored:
        """Return the maps and scores of a fold whose file there is."""
        with safe_open(self._path(fold), framework="np") as file:
            return file.get_tensor("maps"), file.get_tensor("scores")

    def save(self, fold: int, scored: _Scored) -> None:
        """Write a fold's file; whoever reads it sees a whole one or none."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(fold)
        temporary = path.with_name(path.name + ".tmp")
        maps, scores = map(np.ascontiguousarray, scored)
        save_file({"maps": maps, "scores": scores}, temporary, metadata=self._told())
        os.replace(temporary, path)

    def remove(self) -> None:
        """Remove all files, those of other folds too."""
        for path in self.folder.glob("fold_*.safetensors*") if self.folder else ():
            path.unlink()

    def _path(self, fold: int) -> Path:
        return (self.folder or Path()) / f"fold_{fold}.safetensors"

    def _told(self) -> dict[str, str]:
        settings = {} if self.settings is None else {"settings": self.settings}
        return {"format": _FORMAT, "inputs": self.inputs, **settings}

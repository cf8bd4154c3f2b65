"""Judging configurations without a bad part: held-out goods against defective copies of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from vadline.backbones import build_extractor
from vadline.defects.families import FAMILIES, make_defect
from vadline.detectors import (
    PatchCore,
    PatchCoreParams,
    TrainingSet,
    image_scores,
    upsample_and_blur,
)
from vadline.errors import VadlineError
from vadline.metrics import image_auroc
from vadline.progress import progress

Photographs = Sequence[NDArray[np.uint8]]
_CALIBRATION_FOLD = 0xCA11B  # apart from the folds 0, 1, ... that configurations are judged on
_BLUR_SIZE = 256


@dataclass(frozen=True)
class Configuration:
    """What is tried: image side in pixels, PatchCore's settings, and how an image is scored.

    ``score_sigma`` is None for the highest patch distance; else the score is the highest value of
    the upsampled map after a Gaussian blur of that sigma (pixels at 256 x 256, 0 for none). The
    detector's own score must be the former, so that one fit serves both; the default is the line's.
    """

    size: int = 256
    params: PatchCoreParams = field(default_factory=lambda: PatchCoreParams(image_score="patch"))
    score_sigma: float | None = 4.0

    @property
    def name(self) -> str:
        """Short and unique within a grid over size, layers, pool, bank and score."""
        params = self.params
        bank = params.coreset_size or params.coreset_ratio
        score = "max" if self.score_sigma is None else f"blur {self.score_sigma:g}"
        layers = "+".join(map(str, params.layers))
        return f"{self.size} px, layers {layers}, pool {params.pool}, bank {bank}, {score}"


@dataclass(frozen=True)
class Fold:
    """Rows to learn from, and held-out rows, all ascending.

    Other photographs of a ``known`` row's part are in ``fit``, of a ``new`` row's part none.
    """

    fit: NDArray[np.int64]
    known: NDArray[np.int64]
    new: NDArray[np.int64]


def draw_fold(groups: NDArray[np.int64], seed: int, fold: int, count: int, share: float) -> Fold:
    """Hold out whole groups, and single photographs of the other groups.

    Parameters
    ----------
    groups : ndarray, int64, shape (N,)
        Which part each photograph shows; near-duplicates share a number.
    count : int
        Photographs in ``known`` and in ``new``, at most.
    share : float
        Of the groups to hold out. Photographs of theirs beyond ``count`` are not used.

    Raises
    ------
    VadlineError
        If too little would be left to learn from.
    """
    rng = np.random.default_rng((seed, fold, 0xF01D))
    parts = rng.permutation(np.unique(groups))
    held = np.isin(groups, parts[: max(1, round(share * len(parts)))])
    new, rest = (rng.permutation(np.flatnonzero(side)) for side in (held, ~held))
    if len(rest) < 2 * count:
        raise VadlineError(f"{len(rest)} goods are too few to hold {count} out: lower --count")
    return Fold(*(np.sort(rows) for rows in (rest[count:], rest[:count], new[:count])))


def _resized(photographs: Photographs, size: int) -> NDArray[np.uint8]:
    """Resize as :func:`vadline.images.decode.decode` does, to (N, size, size, 3)."""
    bilinear = Image.Resampling.BILINEAR
    pictures = [Image.fromarray(p).resize((size, size), bilinear) for p in photographs]
    return np.stack([np.asarray(picture) for picture in pictures])


def _defective(
    photographs: Photographs, rows: NDArray[np.int64], fold: Fold, family: str, strength: float
) -> list[NDArray[np.uint8]]:
    """Put a defect on each row; where it lies depends on row and family alone."""
    made = []
    for row in rows:
        rng = np.random.default_rng((int(row), list(FAMILIES).index(family), 0xDEF))
        donor = photographs[rng.choice(fold.fit)]
        made.append(make_defect(family, photographs[row], donor, strength, rng))
    return made


def _fit(photographs: Photographs, fold: Fold, tried: Configuration, seed: int) -> PatchCore:
    extractor = build_extractor(layers=tried.params.layers)
    images = _resized([photographs[row] for row in fold.fit], tried.size)
    detector = PatchCore(extractor, "efficientnet_lite0", tried.params)
    return detector.fit(TrainingSet(images, np.arange(len(images))), seed)


def _score(
    detector: PatchCore, photographs: Photographs, size: int, sigmas: Sequence[float | None]
) -> dict[float | None, NDArray[np.float64]]:
    maps, highest = detector.score(_resized(photographs, size), np.arange(len(photographs)))
    scores: dict[float | None, NDArray[np.float64]] = {None: highest}
    for sigma in sigmas:
        if sigma is not None:
            scores[sigma] = image_scores(upsample_and_blur(maps, _BLUR_SIZE, sigma))
    return scores


def _auroc(goods: NDArray[np.float64], bads: NDArray[np.float64]) -> float:
    return image_auroc(np.repeat([0, 1], [len(goods), len(bads)]), np.concatenate([goods, bads]))


def calibrate(
    photographs: Photographs,
    groups: NDArray[np.int64],
    baseline: Configuration,
    *,
    seed: int = 0,
    target: float = 0.85,
    count: int = 48,
    share: float = 0.2,
) -> dict[str, float]:
    """Find the strength of each family at which the baseline's AUROC is near ``target``.

    Six bisections between 0.1 and 8, on a fold of its own, so that no family is trivial or
    hopeless and no compared configuration has a say.

    Returns
    -------
    dict of str to float
        For each of :data:`~vadline.defects.families.FAMILIES`.
    """
    fold = draw_fold(groups, seed, _CALIBRATION_FOLD, count, share)
    detector = _fit(photographs, fold, baseline, seed)
    goods = _score(detector, [photographs[r] for r in fold.new], baseline.size, ())[None]
    strengths = {}
    for family in progress(FAMILIES, desc="strength of defects", unit="family"):
        low, high = np.log(0.1), np.log(8.0)
        for _ in range(6):
            middle = (low + high) / 2
            made = _defective(photographs, fold.new, fold, family, np.exp(middle))
            bads = _score(detector, made, baseline.size, ())[None]
            low, high = (low, middle) if _auroc(goods, bads) > target else (middle, high)
        strengths[family] = float(np.exp((low + high) / 2))
    return strengths


def compare(
    photographs: Photographs,
    groups: NDArray[np.int64],
    configurations: Sequence[Configuration],
    strengths: Mapping[str, float],
    *,
    seed: int = 0,
    folds: int = 2,
    count: int = 40,
    share: float = 0.2,
) -> pd.DataFrame:
    """Judge every configuration on the same held-out parts with the same defects.

    Parameters
    ----------
    photographs : sequence of ndarray, uint8, shape (h, w, 3)
        Good parts at their own sizes: defects are made there, so that every image size sees the
        same ones.
    strengths : mapping of str to float
        Families to use, from :func:`calibrate`.

    Returns
    -------
    DataFrame
        A row per configuration, fold and family: AUROC of held-out goods against defective ones,
        for ``known`` and ``new`` parts apart, ``known_good_new_bad`` (goods of known parts,
        defects on new ones: a split in which bads were never seen but goods were), and
        ``seconds`` of fitting and scoring. Configurations that differ only in ``score_sigma``
        share one fit.
    """
    shared: dict[tuple[int, PatchCoreParams], list[Configuration]] = {}
    for tried in configurations:
        shared.setdefault((tried.size, tried.params), []).append(tried)
    rows = []
    with progress(total=folds * len(shared), desc="configurations", unit="fit") as bar:
        for number in range(folds):
            fold = draw_fold(groups, seed, number, count, share)
            for alike in shared.values():
                rows += _judge(photographs, fold, alike, strengths, seed, number)
                bar.update()
    return pd.DataFrame(rows)


def _judge(
    photographs: Photographs,
    fold: Fold,
    alike: Sequence[Configuration],
    strengths: Mapping[str, float],
    seed: int,
    number: int,
) -> list[dict[str, object]]:
    start, size = time.perf_counter(), alike[0].size
    sigmas = [tried.score_sigma for tried in alike]
    detector = _fit(photographs, fold, alike[0], seed)
    sides = {"known": fold.known, "new": fold.new}
    goods = {
        side: _score(detector, [photographs[r] for r in rows], size, sigmas)
        for side, rows in sides.items()
    }
    judged = []
    for family, strength in strengths.items():
        bads = {
            side: _score(
                detector, _defective(photographs, rows, fold, family, strength), size, sigmas
            )
            for side, rows in sides.items()
        }
        for tried in alike:
            s = tried.score_sigma
            judged.append(
                {"configuration": tried.name, "fold": number, "family": family}
                | {side: _auroc(goods[side][s], bads[side][s]) for side in sides}
                | {"known_good_new_bad": _auroc(goods["known"][s], bads["new"][s])}
            )
    seconds = time.perf_counter() - start
    return [{**row, "seconds": seconds} for row in judged]

"""One detector in one setting: fitted, its masks refined in every way, and measured."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from vadline.defects.stand_ins import StandIns
from vadline.detectors import AnomalyMaps, DetectorParams, TrainingSet, unfitted
from vadline.f2pad.benchmark.binarisation import adaptive_masks
from vadline.f2pad.benchmark.goods import FEW, NORMAL, TEST, VALIDATION
from vadline.f2pad.benchmark.params import F2PADBenchmarkParams, Setting, Solver
from vadline.f2pad.benchmark.variants import (
    ADAPTIVE,
    MAP,
    START,
    ablations,
    grid,
    with_solver,
)
from vadline.f2pad.params import F2PADParams
from vadline.f2pad.pixel_prior import PixelPrior, fit_pixel_prior, sample_pixels
from vadline.f2pad.protocol import RefinableDetector
from vadline.f2pad.refine import RefineResult, refine
from vadline.f2pad.selection import mask_threshold, reference_rows
from vadline.metrics import dice, iou

logger = logging.getLogger(__name__)

Masks = NDArray[np.uint8]


@dataclass(frozen=True)
class Trial:
    """A fitted detector, and made images with their maps.

    Attributes
    ----------
    made : StandIns
        Of one seed.
    references : ndarray, uint8, shape (R, H, W, 3)
        Of the goods that the detector has learnt from.
    maps : AnomalyMaps
        Of the made images.
    roi : ndarray, bool, shape (H, W)
    """

    name: str
    made: StandIns
    detector: RefinableDetector
    prior: PixelPrior
    references: NDArray[np.uint8]
    maps: AnomalyMaps
    roi: NDArray[np.bool_]

    def threshold(self, rows: NDArray[np.int64]) -> float:
        """Return the threshold of the best F1 on some images (paper, section IV-A3)."""
        known = ((maps, self.made.masks[some]) for some, maps in self.maps.chunks(rows))
        return mask_threshold(known, True, 0.0, self.roi)

    def solve(self, rows: NDArray[np.int64], threshold: float, how: F2PADParams) -> RefineResult:
        """Refine the masks of some images."""
        own = (self.detector, self.prior, self.references, how, self.roi)
        return refine(self.made.images[rows], self.maps.pixels(rows), threshold, *own)

    def overlaps(self, rows: NDArray[np.int64], masks: Masks, method: str) -> pd.DataFrame:
        """Return a row an image: what is made there, ``method``, ``iou`` and ``dice``."""
        truth = self.made.masks[rows]
        found = {"iou": iou(masks, truth, self.roi), "dice": dice(masks, truth, self.roi)}
        table = self.made.table.iloc[rows][["seed", "paste", "image", "share"]]
        return table.assign(method=method, **found)


def measure(
    made: StandIns,
    images: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    goods: pd.DataFrame,
    f2pad: F2PADParams,
    params: F2PADBenchmarkParams,
    detector: DetectorParams,
    setting: Setting,
) -> tuple[pd.DataFrame, Masks]:
    """Fit a detector for each seed, choose the solvers' weights, solve all images and measure.

    Parameters
    ----------
    made : StandIns
        As from `make_images`, of all seeds.
    images : array, uint8, shape (N, H, W, 3)
        The photographs, of which ``goods`` says who teaches, for each ``seed``.

    Returns
    -------
    parts : DataFrame
        A row for each test image, paste and ``method``: ``iou``, ``dice``, ``share``, and where it
        was solved ``seconds``, ``iterations`` and the ``weight`` that was chosen; fractions.
    shown : ndarray, uint8 {0, 1}, shape (K, 2, H, W)
        For each test image of the first seed, in the order of ``made``, the thresholded map and
        the mask by the first solver.
    """
    frames, shown = [], []
    for seed in goods["seed"].unique().tolist():
        own = np.flatnonzero(made.table["seed"] == seed)
        table = made.table.iloc[own].reset_index(drop=True)
        taught = goods[(goods["seed"] == seed) & goods["part"].isin(_taught(setting))]
        trial = _fit(
            StandIns(made.images[own], made.masks[own], table),
            images,
            roi,
            taught["row"].to_numpy(np.int64),
            f2pad,
            detector,
            f"{detector.kind} {setting}",
            seed,
        )
        frame, masks = _measure_trial(trial, f2pad, params, setting)
        frames.append(frame)
        shown.append(masks)
    return pd.concat(frames, ignore_index=True), shown[0]


def _taught(setting: Setting) -> tuple[str, ...]:
    return (FEW,) if setting == "few" else (FEW, NORMAL)


def _fit(
    made: StandIns,
    images: NDArray[np.uint8],
    roi: NDArray[np.bool_],
    rows: NDArray[np.int64],
    f2pad: F2PADParams,
    detector: DetectorParams,
    name: str,
    seed: int,
) -> Trial:
    """Fit a detector and its pixel prior on some photographs, and score the made images."""
    rows = np.sort(rows)
    detector = detector.model_copy(update={"tiles": None})
    fitted = unfitted(detector, name).fit(TrainingSet(images, rows, roi=roi), seed)
    assert isinstance(fitted, RefinableDetector)  # as the settings' check made sure
    references = images[reference_rows(rows, f2pad.references, seed)]
    extractor = fitted.extractor
    sample = torch.from_numpy(sample_pixels(references, f2pad.prior_pixels, seed, roi))
    pixels = extractor.normalise(sample[None, None].to(extractor.mean.device))[0, :, 0].T
    prior = fit_pixel_prior(pixels.cpu().numpy(), f2pad.prior_components, seed)
    grid_maps, _ = fitted.score(made.images, np.arange(len(made.images)), roi)
    maps = AnomalyMaps.by(detector, grid_maps, images.shape[1:3])
    return Trial(name, made, fitted, prior, references, maps, roi)


def _measure_trial(
    trial: Trial, f2pad: F2PADParams, params: F2PADBenchmarkParams, setting: Setting
) -> tuple[pd.DataFrame, Masks]:
    table, frames = trial.made.table, []
    weights = {solver: _choose(trial, f2pad, params, solver) for solver in params.solvers}
    shown = np.zeros((len(table), 2, *trial.roi.shape), np.uint8)
    for paste in params.pastes:
        rows = np.flatnonzero((table["role"] == TEST) & (table["paste"] == paste))
        threshold = trial.threshold(rows)
        maps = trial.maps.pixels(rows)
        # The paper's M0: an image may stay below the threshold.
        coarse = ((maps > threshold) & trial.roi).astype(np.uint8)
        start = None
        for solver, weight in weights.items():
            how = with_solver(f2pad, solver, weight)
            found = trial.solve(rows, threshold, how)
            frames.append(_solved(trial, rows, found, solver).assign(weight=weight))
            if solver == params.solvers[0]:
                shown[rows] = np.stack([coarse, found.masks], axis=1)
            # The paper's start is that of its own solver.
            start = found if start is None or solver == "gradient" else start
            first = paste == params.pastes[0] and setting == params.settings[0]
            if solver == "gradient" and params.ablation and first:
                for name, changes in ablations(f2pad).items():
                    without = trial.solve(rows, threshold, how.model_copy(update=changes))
                    frames.append(_solved(trial, rows, without, name))
        assert start is not None
        others = {
            MAP: coarse,
            ADAPTIVE: adaptive_masks(maps, trial.roi),
            START: start.painted_masks,
        }
        frames += [trial.overlaps(rows, masks, name) for name, masks in others.items()]
    return pd.concat(frames, ignore_index=True), shown[(table["role"] == TEST).to_numpy()]


def _solved(
    trial: Trial, rows: NDArray[np.int64], found: RefineResult, method: str
) -> pd.DataFrame:
    spent = found.log[["seconds", "iterations"]].to_numpy(float)
    frame = trial.overlaps(rows, found.masks, method)
    return frame.assign(seconds=spent[:, 0], iterations=spent[:, 1])


def _choose(
    trial: Trial, f2pad: F2PADParams, params: F2PADBenchmarkParams, solver: Solver
) -> float:
    """Choose the weight with the best mean IOU on validation images, the first of equals."""
    weights = grid(params, solver)
    if len(weights) == 1:
        return weights[0]
    rows = np.flatnonzero(trial.made.table["role"] == VALIDATION)
    threshold = trial.threshold(rows)
    means = []
    for weight in weights:
        found = trial.solve(rows, threshold, with_solver(f2pad, solver, weight))
        means.append(float(iou(found.masks, trial.made.masks[rows], trial.roi).mean()))
    best = int(np.argmax(means))
    told = ", ".join(f"{w:g}: {100 * m:.1f}" for w, m in zip(weights, means, strict=True))
    logger.info("%s, %s: weight %g (validation IOU %s)", trial.name, solver, weights[best], told)
    return weights[best]

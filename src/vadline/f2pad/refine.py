"""From a detector's coarse maps to pixel-accurate masks: the whole of F2PAD."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import ndimage
from skimage.morphology import remove_small_objects
from torch import Tensor

from vadline.backbones import without_memory
from vadline.detectors import Detector
from vadline.errors import VadlineError
from vadline.f2pad.gradient import solve
from vadline.f2pad.inpainting import inpaint
from vadline.f2pad.looks import looks
from vadline.f2pad.objective import PIXEL_UNIT, Objective, as_input, weight_unit
from vadline.f2pad.params import F2PADParams
from vadline.f2pad.penalties import LOG_RANGE
from vadline.f2pad.pixel_prior import PixelPrior
from vadline.f2pad.proposals import Suspect, choose
from vadline.f2pad.protocol import RefinableDetector
from vadline.f2pad.selection import initial_masks, levels, surrounding_masks
from vadline.progress import progress

_SOLVED = ("loss", "loss_initial", "iterations", "converged")


@dataclass(frozen=True)
class RefineResult:
    """What F2PAD found in N images.

    Attributes
    ----------
    masks : ndarray, uint8 {0, 1}, shape (N, H, W)
        Refined masks M.
    recovered : ndarray, uint8, shape (N, H, W, 3)
        Non-defective images N; equal to the input outside Omega.
    initial_masks : ndarray, uint8 {0, 1}, shape (N, H, W)
        The detector's regions M0.
    painted_masks : ndarray, uint8 {0, 1}, shape (N, H, W)
        Masks by the initialiser alone, as if nothing were solved (paper Table III).
    log : DataFrame
        One row per image: loss and loss_initial (float; of proposals L with the mask filled and
        of the input, of the gradient eq. 12 at N and at N0), iterations (int; of the gradient),
        converged (bool; its stop rule was met), tau (float; of the proposal taken), kept (bool;
        nothing lowered the loss, and M0 is the mask), seconds (float; share of the batch's wall
        time, painting included).
    """

    masks: np.ndarray
    recovered: np.ndarray
    initial_masks: np.ndarray
    painted_masks: np.ndarray
    log: pd.DataFrame


def refine(
    images: np.ndarray,
    maps: np.ndarray,
    threshold: float,
    detector: RefinableDetector | Detector,
    prior: PixelPrior,
    references: np.ndarray,
    params: F2PADParams,
    roi: np.ndarray | None = None,
) -> RefineResult:
    """Refine a detector's anomaly maps into masks at the pixels' own resolution.

    An image whose map is flat gets an empty mask and is not solved.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
    maps : ndarray, float32, shape (N, H, W)
        Anomaly maps at the images' size, higher = more anomalous.
    threshold : float
        Of M0, see :func:`vadline.f2pad.selection.initial_masks`.
    detector : RefinableDetector or Detector
        Fitted. Its extractor's device is where the work is done. Of one that looks at tiles, each
        tile is refined where M0 reaches into its own share, and gives the mask there.
    references : ndarray, uint8, shape (R, H, W, 3)
        Normal images for the initialiser; R may be 0.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest: M0, Omega and the masks lie inside.

    Raises
    ------
    VadlineError
        If images and maps differ in number or size, or the region in size.
    """
    if images.shape[:3] != maps.shape:
        raise VadlineError(
            f"f2pad: maps of shape {maps.shape} do not fit images of shape {images.shape[:3]}: "
            "upsample the anomaly maps to the images' size first"
        )
    if roi is None:
        roi = np.ones(maps.shape[1:], bool)
    elif roi.shape != maps.shape[1:]:
        raise VadlineError(
            f"f2pad: region of interest {roi.shape} does not fit maps of {maps.shape[1:]}: "
            "resize it"
        )
    initial, level = initial_masks(maps, threshold, roi), levels(maps, threshold, roi)
    masks, painted, recovered = initial.copy(), initial.copy(), np.array(images)
    logs = [_no_log(len(images))]
    tiles = looks(detector, roi.shape)
    marked = [np.flatnonzero(initial[:, *each.own].any(axis=(1, 2))) for each in tiles]
    bars = progress(total=sum(map(len, marked)), desc="F2PAD", unit="part")
    with bars as bar, without_memory():
        for (tile, own, looking), chosen in zip(tiles, marked, strict=True):
            objective = Objective(looking, prior, params)
            within = tuple(
                slice(mine.start - seen.start, mine.stop - seen.start)
                for mine, seen in zip(own, tile, strict=True)
            )
            for start in range(0, len(chosen), params.batch_size):
                some = chosen[start : start + params.batch_size]
                *found, log = _refine_batch(
                    images[some][:, *tile],
                    maps[some][:, *tile] / level[some],
                    initial[some][:, *tile],
                    references[:, *tile],
                    objective,
                    roi[tile],
                )
                for into, values in zip((masks, painted, recovered), found, strict=True):
                    into[some, *own] = values[:, *within]
                logs.append(log.set_index(some))
                bar.update(len(some))
    return RefineResult(masks, recovered, initial, painted, _one_log(logs))


def _no_log(count: int) -> pd.DataFrame:
    """Return the log of images that are not solved."""
    return pd.DataFrame(
        {"iterations": 0, "converged": True, "kept": True, "tau": np.nan}
        | dict.fromkeys(("loss", "loss_initial", "seconds"), 0.0),
        index=np.arange(count),
    )


def _one_log(logs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put together what was solved in several tiles of an image."""
    how = {"iterations": "max", "converged": "all", "kept": "all", "tau": "max"}
    how |= dict.fromkeys(("loss", "loss_initial", "seconds"), "sum")
    return pd.concat(logs).groupby(level=0).agg(how)


def dilated_region(mask: np.ndarray, radius_share: float) -> np.ndarray:
    """Omega: a mask dilated by a disc, bool (H, W), radius a share of the shorter side.

    What it encloses belongs to it: maps are low in the middle of a large plain defect.
    """
    radius = round(radius_share * min(mask.shape))
    return ndimage.binary_fill_holes(ndimage.distance_transform_edt(mask == 0) <= radius)


def anomaly_mask(
    x: Tensor, n: Tensor, std: Tensor, region: Tensor, params: F2PADParams
) -> np.ndarray:
    """Threshold the anomaly ``A = X - N``, paper eq. 2.

    Parameters
    ----------
    x, n : Tensor, float32, shape (B, 3, H, W)
        Normalised images.
    std : Tensor, float32, shape (1, 3, 1, 1)
        Of the normalisation.
    region : Tensor, bool, shape (B, H, W)
        Omega; the mask is empty outside.
    params : F2PADParams
        ``tau_a`` in units of PIXEL_UNIT, half of which a pixel must exceed by itself;
        ``mask_sigma`` and ``min_area`` in pixels.

    Returns
    -------
    ndarray, uint8 {0, 1}, shape (B, H, W)
    """
    power = ((x - n) * (std / PIXEL_UNIT)).square().sum(dim=1).cpu().numpy()
    masks = (power > (params.tau_a / 2) ** 2) & region.cpu().numpy()
    # A pixel counts with its neighbours, but a strong edge must not spill over its own side.
    masks &= ndimage.gaussian_filter(power, (0, params.mask_sigma, params.mask_sigma)) > (
        params.tau_a**2
    )
    speck = max(params.min_area - 1, 0)
    kept = [remove_small_objects(mask, max_size=speck, connectivity=2) for mask in masks]
    return np.stack(kept).astype(np.uint8)


def _refine_batch(
    images: np.ndarray,
    strengths: np.ndarray,
    initial: np.ndarray,
    references: np.ndarray,
    objective: Objective,
    roi: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Paint and solve B images: masks, the initialiser's, recovered images, the log."""
    started = time.perf_counter()
    params, extractor = objective.params, objective.detector.extractor
    device, std = extractor.mean.device, extractor.std
    surrounding = surrounding_masks(strengths, initial, 1.0, roi)
    suspects = [
        _suspects(*each, references, params, roi)
        for each in zip(images, initial, surrounding, strict=True)
    ]
    x = extractor.normalise(torch.as_tensor(np.ascontiguousarray(images), device=device))
    region = torch.as_tensor(np.stack([own[0].omega for own in suspects]), device=device)
    n0 = as_input([own[0].start.mean for own in suspects], extractor)
    n0 = torch.where(region[:, None], n0, x)
    painted = anomaly_mask(x, n0, std, region, params)
    if params.solver == "proposals":
        choice = choose(objective.detector, images, strengths, suspects, params)
        masks, log = choice.masks.astype(np.uint8), {"iterations": 0, "converged": True}
        log |= {name: getattr(choice, name) for name in ("loss", "loss_initial", "tau")}
        n = as_input(list(choice.filled), extractor)
    else:
        solution = solve(objective, x, n0, region, *_weights(objective, x, n0, initial))
        n, masks = solution.n, anomaly_mask(x, solution.n, std, region, params)
        log = {name: getattr(solution, name) for name in _SOLVED} | {"tau": params.tau_a}
    kept = ~masks.any(axis=(1, 2))
    masks[kept] = initial[kept]
    if params.reestimate:
        n = reestimate(objective, x, n, torch.as_tensor(masks, device=device))
    seconds = (time.perf_counter() - started) / len(images)
    recovered = extractor.denormalise(n).cpu().numpy()
    return masks, painted, recovered, pd.DataFrame({**log, "kept": kept, "seconds": seconds})


def _suspects(
    image: np.ndarray,
    initial: np.ndarray,
    surrounding: np.ndarray,
    references: np.ndarray,
    params: F2PADParams,
    roi: np.ndarray,
) -> list[Suspect]:
    """Return Omega around M0, and around what M0 grows into where that is notably more."""
    omegas = [dilated_region(mask, params.radius_share) & roi for mask in (initial, surrounding)]
    wider = omegas[1].sum() > 1.1 * omegas[0].sum()
    return [
        Suspect(omega, inpaint(image, omega, references, params, roi))
        for omega in omegas[: 1 + wider]
    ]


@torch.no_grad()
def _weights(
    objective: Objective, x: Tensor, n0: Tensor, initial: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Return the unit of eq. 12's weights and R_A's weight, float32 (B,) each."""
    detector, params = objective.detector, objective.params
    candidates = detector.candidates(n0, params.k)
    with_defect, without = (detector.refinement_loss(image, candidates) for image in (x, n0))
    unit = weight_unit(with_defect, without, torch.as_tensor(initial.sum(axis=(1, 2))).to(x))
    return unit, unit * (params.rho / LOG_RANGE)


def reestimate(objective: Objective, x: Tensor, n: Tensor, masks: Tensor) -> Tensor:
    """Solve again without R_A inside the final masks only, for a truer N (paper III-E3).

    The LOG penalty biases N towards X; the masks are known now and need it no longer.

    Parameters
    ----------
    x, n : Tensor, float32, shape (B, 3, H, W)
        Input and solution, normalised.
    masks : Tensor, uint8 {0, 1}, shape (B, H, W)

    Returns
    -------
    Tensor, float32, shape (B, 3, H, W)
        Equal to ``x`` outside the masks.
    """
    region = masks.bool()
    start = torch.where(region[:, None], n, x)
    some = region.any(dim=(1, 2))
    if some.any():
        unit, _ = _weights(objective, x[some], start[some], masks[some].cpu().numpy())
        nought = torch.zeros_like(unit)
        start[some] = solve(objective, x[some], start[some], region[some], unit, nought).n
    return start

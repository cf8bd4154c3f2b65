"""From a detector's coarse maps to pixel-accurate masks: the whole of F2PAD."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy import ndimage
from skimage.morphology import remove_small_objects
from torch import Tensor
from tqdm import tqdm

from vadline.errors import VadlineError
from vadline.f2pad.inpainting import inpaint
from vadline.f2pad.objective import PIXEL_UNIT, Objective
from vadline.f2pad.params import F2PADParams
from vadline.f2pad.pixel_prior import PixelPrior
from vadline.f2pad.protocol import RefinableDetector
from vadline.f2pad.selection import initial_masks
from vadline.f2pad.solver import Solution, solve
from vadline.progress import progress


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
        The detector's thresholded maps M0.
    painted_masks : ndarray, uint8 {0, 1}, shape (N, H, W)
        Masks by the initialiser alone, as if nothing were solved (paper Table III).
    log : DataFrame
        One row per image: iterations (int), loss and loss_initial (objective after and before;
        nought where nothing was solved), seconds (share of the batch's wall time, painting
        included), converged (bool; True where there was nothing to solve).
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
    detector: RefinableDetector,
    prior: PixelPrior,
    references: np.ndarray,
    params: F2PADParams,
    roi: np.ndarray | None = None,
) -> RefineResult:
    """Refine a detector's anomaly maps into masks at the pixels' own resolution.

    Images without a pixel above the threshold get an empty mask and no iterations.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
    maps : ndarray, float32, shape (N, H, W)
        Anomaly maps at the images' size, higher = more anomalous.
    threshold : float
        M0 is ``maps > threshold``.
    detector : RefinableDetector
        Its extractor's device is where the work is done.
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
    initial = initial_masks(maps, threshold, roi)
    chosen = np.flatnonzero(initial.any(axis=(1, 2)))
    masks, painted, recovered = initial.copy(), initial.copy(), np.array(images)
    log = pd.DataFrame(
        {
            "iterations": np.zeros(len(images), dtype=np.int64),
            "loss": 0.0,
            "loss_initial": 0.0,
            "seconds": 0.0,
            "converged": True,
        }
    )
    objective = Objective(detector, prior, params)
    with progress(total=len(chosen) * params.max_iterations, desc="F2PAD", unit="step") as bar:
        for start in range(0, len(chosen), params.batch_size):
            some = chosen[start : start + params.batch_size]
            found = _refine_batch(images[some], initial[some], references, objective, roi, bar)
            masks[some], painted[some], recovered[some] = found[:3]
            for name in log:
                log.loc[some, name] = getattr(found[3], name)
    return RefineResult(masks, recovered, initial, painted, log)


def dilated_region(mask: np.ndarray, radius_share: float) -> np.ndarray:
    """Omega: a mask dilated by a disc, bool (H, W), radius a share of the shorter side."""
    radius = round(radius_share * min(mask.shape))
    return ndimage.distance_transform_edt(mask == 0) <= radius


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
    initial: np.ndarray,
    references: np.ndarray,
    objective: Objective,
    roi: np.ndarray,
    bar: tqdm,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Solution]:
    """Paint, solve and threshold B images: masks, the initialiser's, recovered, the solution."""
    started = time.perf_counter()
    params, extractor = objective.params, objective.detector.extractor
    device, std = extractor.mean.device, extractor.std
    omega = np.stack([dilated_region(mask, params.radius_share) & roi for mask in initial])
    painted = np.stack(
        [
            inpaint(image, region, references, params, roi)
            for image, region in zip(images, omega, strict=True)
        ]
    )
    x = extractor.normalise(torch.as_tensor(np.ascontiguousarray(images), device=device))
    region = torch.as_tensor(omega, device=device)
    n0 = torch.as_tensor(painted, device=device).permute(0, 3, 1, 2)
    n0 = torch.where(region[:, None], (n0 / 255 - extractor.mean) / std, x)
    sizes = torch.as_tensor(initial.sum(axis=(1, 2)), device=device).to(x)
    painting = (time.perf_counter() - started) / len(images)
    solution = solve(objective, x, n0, region, params.alpha0 / sizes, bar)
    solution.seconds += painting
    first = anomaly_mask(x, n0, std, region, params)
    masks = anomaly_mask(x, solution.n, std, region, params)
    recovered = solution.n
    if params.reestimate:
        recovered = reestimate(objective, x, solution.n, torch.as_tensor(masks, device=device))
    return masks, first, extractor.denormalise(recovered).cpu().numpy(), solution


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
        alpha = torch.zeros(int(some.sum()), device=x.device)
        start[some] = solve(objective, x[some], start[some], region[some], alpha).n
    return start

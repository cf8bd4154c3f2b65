"""Minimises the F2PAD objective by choice: masks are proposed, the detector's loss judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import remove_small_objects
from torch import Tensor

from vadline.f2pad.inpainting import Start
from vadline.f2pad.objective import PIXEL_UNIT, as_input
from vadline.f2pad.params import F2PADParams
from vadline.f2pad.protocol import RefinableDetector
from vadline.f2pad.sharing import neighbour_table, share, sharing_weights

_BINS = 32  # of the grey histograms
_SPREAD_SIGMA = 2.0  # blur in pixels, as a few references tell it
_ITERATIONS = 6  # of the mean field; more change nothing


@dataclass(frozen=True)
class Suspect:
    """Where a defect may be.

    Attributes
    ----------
    omega : ndarray, bool, shape (H, W)
        Not empty.
    start : Start
        What is normal there.
    """

    omega: NDArray[np.bool_]
    start: Start


@dataclass(frozen=True)
class Choice:
    """What was chosen for B images.

    Attributes
    ----------
    masks : ndarray, bool, shape (B, H, W)
        Empty where no proposal lowers the loss.
    filled : ndarray, float32, shape (B, H, W, 3)
        The images with the masks filled by what is normal; grey levels.
    tau : ndarray, float64, shape (B,)
        Of the proposal taken; NaN where there is none.
    loss, loss_initial : ndarray, float64, shape (B,)
        L with the mask filled, and of the input.
    """

    masks: NDArray[np.bool_]
    filled: NDArray[np.float32]
    tau: NDArray[np.float64]
    loss: NDArray[np.float64]
    loss_initial: NDArray[np.float64]


def choose(
    detector: RefinableDetector,
    images: NDArray[np.uint8],
    strengths: NDArray[np.float32],
    suspects: Sequence[Sequence[Suspect]],
    params: F2PADParams,
) -> Choice:
    """Propose masks for B images, and take each one's best.

    Eq. 12 over proposals: N is the image with the mask filled by what is normal, L is the
    detector's, and R_A counts the mask's pixels, ``params.sparsity`` each in units of what a pixel
    of defect costs in L. Of a texture, L falls by every further pixel that is filled, so that
    :func:`edge_contrast` is weighed in: a defect ends where the photograph has an edge. With
    ``gain`` the drop of L and ``area`` the pixels, both relative to the proposal of the lowest L,
    the mask taken has the highest ``log(edge * sqrt(gain)) + gain - sparsity * area``.

    Parameters
    ----------
    images : ndarray, uint8, shape (B, H, W, 3)
    strengths : ndarray, float32, shape (B, H, W)
        Anomaly maps over the threshold of M0.
    suspects : sequence of sequences of Suspect, length B
        Of each image one or more, the widest last; masks are proposed in each.
    """
    tried = [
        [
            (mask, suspect.start)
            for suspect in own
            for mask in propose(image, strength, suspect, params)
        ]
        for image, strength, own in zip(images, strengths, suspects, strict=True)
    ]
    losses = _losses(detector, images, tried, suspects, params)
    masks, filled = np.zeros(strengths.shape, bool), images.astype(np.float32)
    taus, found = np.full(len(images), np.nan), [loss[-1] for loss in losses]
    for row, (proposals, loss) in enumerate(zip(tried, losses, strict=True)):
        lowest = int(loss[:-1].argmin())
        if loss[lowest] >= loss[-1]:
            continue
        proposed = np.stack([mask for mask, _ in proposals])
        gain = ((loss[-1] - loss[:-1]) / (loss[-1] - loss[lowest])).clip(1e-9)
        area = proposed.sum(axis=(1, 2)) / proposed[lowest].sum()
        edge = edge_contrast(images[row], proposed, suspects[row][-1].omega).clip(1e-9)
        best = int((np.log(edge * np.sqrt(gain)) + gain - params.sparsity * area).argmax())
        masks[row] = _without_specks(proposed[best], params.min_area)
        filled[row][masks[row]] = proposals[best][1].sharp[masks[row]]
        taus[row], found[row] = params.taus[best % len(params.taus)], loss[best]
    return Choice(masks, filled, taus, np.array(found), np.array([loss[-1] for loss in losses]))


def propose(
    image: NDArray[np.uint8],
    strength: NDArray[np.float32],
    suspect: Suspect,
    params: F2PADParams,
) -> NDArray[np.bool_]:
    """Propose a mask for each of ``params.taus``, bool (T, H, W), inside of Omega.

    A pixel's log-odds are ``2 log(v / tau)``, with v the residual ``|x - mean|``, blurred, times
    ``min(strength, 1.2) ** 2``; see :func:`mean_field` for what follows. Where references differ
    more than in Omega's calmest quarter, the residual counts the less.
    """
    omega, start = suspect.omega, suspect.start
    window = ndimage.find_objects(ndimage.binary_dilation(omega, iterations=8).astype(np.int8))[0]
    x, inside = image[window], omega[window]
    residual = np.linalg.norm(x - start.mean[window], axis=2) / (255 * PIXEL_UNIT)
    residual /= _restlessness(start.spread[window], inside)
    v = ndimage.gaussian_filter(residual, params.residual_sigma)
    v = v * np.minimum(strength[window], 1.2) ** 2
    seen = torch.from_numpy(v[inside].clip(1e-6)).float()
    unary = 2 * (seen[:, None] / torch.tensor(params.taus)).log()
    masks = np.zeros((len(params.taus), *omega.shape), bool)
    found = mean_field(unary, x, inside, params.smoothness) > 0.5
    masks[:, omega] = found.T.numpy()
    return masks


def _restlessness(spread: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Tell how many times as much as usual references differ, float32 (h, w), 1 and above."""
    weight = ndimage.gaussian_filter(inside.astype(np.float32), _SPREAD_SIGMA)
    smooth = ndimage.gaussian_filter(spread, _SPREAD_SIGMA) / np.maximum(weight, 1e-3)
    return np.maximum(smooth / max(float(np.quantile(smooth[inside], 0.25)), 1.0), 1)


def mean_field(
    unary: Tensor, image: NDArray[np.uint8], region: NDArray[np.bool_], smoothness: float
) -> Tensor:
    """Let pixels of one colour and of one neighbourhood agree on what is anomalous.

    Each of T labellings by itself: a pixel's log-odds are ``unary``, plus the log ratio of the
    region's own grey histograms inside and outside of the labelling, plus ``smoothness`` times
    what its neighbours hold, weighed as in paper eq. 14.

    Parameters
    ----------
    unary : Tensor, float32, shape (P, T)
        Of the region's pixels in row-major order.
    image : ndarray, uint8, shape (H, W, 3)
    region : ndarray, bool, shape (H, W)

    Returns
    -------
    Tensor, float32, shape (P, T)
        Probability of being anomalous.
    """
    colours = torch.from_numpy(image[region].astype(np.float32))
    bins = (colours.mean(dim=1) * (_BINS / 256)).long()
    neighbours, distances = neighbour_table(torch.from_numpy(region)[None], 5)
    weights = sharing_weights(colours / 8, neighbours, distances, 0.15, 1 / 6)
    blur = torch.from_numpy(ndimage.gaussian_filter1d(np.eye(_BINS, dtype=np.float32), 1, axis=0))
    q = unary.sigmoid()
    for _ in range(_ITERATIONS):
        inside, outside = (
            blur @ unary.new_full((_BINS, unary.shape[1]), 0.5).index_add_(0, bins, share_of)
            for share_of in (q, 1 - q)
        )
        ratio = (inside / inside.sum(dim=0)).log() - (outside / outside.sum(dim=0)).log()
        q = (unary + ratio[bins] + smoothness * (2 * share(q, neighbours, weights) - 1)).sigmoid()
    return q


def edge_contrast(
    image: NDArray[np.uint8], masks: NDArray[np.bool_], region: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Tell how strong the photograph's edges are along the masks' outlines.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W, 3)
    masks : ndarray, bool, shape (T, H, W)
    region : ndarray, bool, shape (H, W)
        Omega.

    Returns
    -------
    ndarray, float64, shape (T,)
        Mean slope along the outline over the region's median one; 0 for an empty mask.
    """
    pixels = image.astype(np.float32)
    slope = np.sqrt(
        sum(ndimage.gaussian_gradient_magnitude(pixels[..., c], 1) ** 2 for c in range(3))
    )
    usual = max(float(np.median(slope[region])), 1e-3)
    found = np.zeros(len(masks))
    for row, mask in enumerate(masks):
        if mask.any():
            outline = ndimage.binary_dilation(mask & ~ndimage.binary_erosion(mask))
            found[row] = slope[outline].mean() / usual
    return found


def _without_specks(mask: NDArray[np.bool_], min_area: int) -> NDArray[np.bool_]:
    """Drop connected parts of fewer pixels, unless all are that small."""
    kept = remove_small_objects(mask, max_size=max(min_area - 1, 0), connectivity=2)
    return kept if kept.any() else mask


@torch.no_grad()
def _losses(
    detector: RefinableDetector,
    images: NDArray[np.uint8],
    tried: Sequence[Sequence[tuple[NDArray[np.bool_], Start]]],
    suspects: Sequence[Sequence[Suspect]],
    params: F2PADParams,
) -> list[NDArray[np.float64]]:
    """Return L of each image with its proposals filled, and last as it is; equal ones once."""
    extractor = detector.extractor
    means = [own[-1].start.mean for own in suspects]
    candidates = detector.candidates(as_input(means, extractor), params.k)
    pictures: list[NDArray[np.float32]] = []
    owners: list[int] = []
    places = []
    for row, (image, proposals) in enumerate(zip(images, tried, strict=True)):
        known: dict[tuple[bytes, int], int] = {}
        for mask, start in [*proposals, (np.zeros(image.shape[:2], bool), suspects[row][0].start)]:
            key = np.packbits(mask).tobytes(), id(start)
            if key not in known:
                known[key] = len(pictures)
                pictures.append(np.where(mask[..., None], start.sharp, image))
                owners.append(row)
            places.append(known[key])
    together = params.batch_size * (len(params.taus) + 1)
    found = [
        detector.refinement_loss(
            as_input(pictures[at : at + together], extractor),
            candidates[owners[at : at + together]],
        )
        for at in range(0, len(pictures), together)
    ]
    loss = torch.cat(found).double().cpu().numpy()[places]
    return np.split(loss, np.cumsum([len(proposals) + 1 for proposals in tried])[:-1])

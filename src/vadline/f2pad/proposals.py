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
_ITERATIONS = 6  # of the mean field; more change nothing


@dataclass(frozen=True)
class Choice:
    """What was chosen for B images, T proposals each.

    Attributes
    ----------
    masks : ndarray, bool, shape (B, H, W)
        Empty where no proposal lowers the loss.
    tau : ndarray, float64, shape (B,)
        Of the proposal taken; NaN where there is none.
    loss, loss_initial : ndarray, float64, shape (B,)
        L with the mask filled, and of the input.
    """

    masks: NDArray[np.bool_]
    tau: NDArray[np.float64]
    loss: NDArray[np.float64]
    loss_initial: NDArray[np.float64]


def choose(
    detector: RefinableDetector,
    images: NDArray[np.uint8],
    strengths: NDArray[np.float32],
    omegas: NDArray[np.bool_],
    starts: Sequence[Start],
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
    omegas : ndarray, bool, shape (B, H, W)
        None of them empty.
    starts : sequence of Start, length B
    """
    proposals = [
        propose(*each, params) for each in zip(images, strengths, omegas, starts, strict=True)
    ]
    losses = _losses(detector, images, proposals, starts, params)
    masks, taus, found = np.zeros_like(omegas), np.full(len(images), np.nan), []
    for row, (masked, loss) in enumerate(zip(proposals, losses, strict=True)):
        found.append(loss[-1])
        lowest = int(loss[:-1].argmin())
        if loss[lowest] >= loss[-1]:
            continue
        gain = ((loss[-1] - loss[:-1]) / (loss[-1] - loss[lowest])).clip(1e-9)
        area = masked.sum(axis=(1, 2)) / masked[lowest].sum()
        edge = edge_contrast(images[row], masked, omegas[row]).clip(1e-9)
        best = int((np.log(edge * np.sqrt(gain)) + gain - params.sparsity * area).argmax())
        masks[row] = _without_specks(masked[best], params.min_area)
        taus[row], found[-1] = params.taus[best], loss[best]
    return Choice(masks, taus, np.array(found), np.array([loss[-1] for loss in losses]))


def propose(
    image: NDArray[np.uint8],
    strength: NDArray[np.float32],
    omega: NDArray[np.bool_],
    start: Start,
    params: F2PADParams,
) -> NDArray[np.bool_]:
    """Propose a mask for each of ``params.taus``, bool (T, H, W), inside of Omega.

    A pixel's log-odds are ``2 log(v / tau)``, with v the residual ``|x - mean|``, blurred, times
    ``min(strength, 1.2) ** 2``; see :func:`mean_field` for what follows.
    """
    window = ndimage.find_objects(ndimage.binary_dilation(omega, iterations=8).astype(np.int8))[0]
    x, inside = image[window], omega[window]
    residual = np.linalg.norm(x - start.mean[window], axis=2) / (255 * PIXEL_UNIT)
    v = ndimage.gaussian_filter(residual, params.residual_sigma)
    v = v * np.minimum(strength[window], 1.2) ** 2
    seen = torch.from_numpy(v[inside].clip(1e-6)).float()
    unary = 2 * (seen[:, None] / torch.tensor(params.taus)).log()
    masks = np.zeros((len(params.taus), *omega.shape), bool)
    found = mean_field(unary, x, inside, params.smoothness) > 0.5
    masks[:, omega] = found.T.numpy()
    return masks


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
    proposals: Sequence[NDArray[np.bool_]],
    starts: Sequence[Start],
    params: F2PADParams,
) -> list[NDArray[np.float64]]:
    """Return L of each image with its proposals filled, and last as it is; equal masks once."""
    extractor = detector.extractor
    candidates = detector.candidates(as_input([s.mean for s in starts], extractor), params.k)
    pictures: list[NDArray[np.float32]] = []
    owners: list[int] = []
    places = []
    for row, (image, masks, start) in enumerate(zip(images, proposals, starts, strict=True)):
        tried = np.concatenate([masks, np.zeros_like(masks[:1])])
        kept, place = np.unique(np.packbits(tried, axis=2), axis=0, return_inverse=True)
        unpacked = np.unpackbits(kept, axis=2, count=masks.shape[2]).astype(bool)
        places.append(len(pictures) + place.ravel())
        pictures += [np.where(mask[..., None], start.sharp, image) for mask in unpacked]
        owners += [row] * len(kept)
    together = params.batch_size * (len(params.taus) + 1)
    found = [
        detector.refinement_loss(
            as_input(pictures[at : at + together], extractor),
            candidates[owners[at : at + together]],
        )
        for at in range(0, len(pictures), together)
    ]
    loss = torch.cat(found).double().cpu().numpy()
    return [loss[place] for place in places]

"""APC's loss (eq. 1): image and pixel cross-entropy, and the reconstruction's squared error."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vadline.apc.batches import FinetuneBatch
from vadline.apc.network import APCNetwork, APCOutputs
from vadline.apc.params import APCParams


class APCLosses(NamedTuple):
    """The weighted total and its unweighted terms, 0-d tensors; None where a task is off."""

    total: Tensor
    cls: Tensor | None
    segm: Tensor | None
    recon: Tensor | None


def classification_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of image logits (B,) against labels {0, 1} (B,)."""
    return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def segmentation_loss(
    logits: Tensor, masks: Tensor, mask_known: Tensor, roi: Tensor | None = None
) -> Tensor:
    """Return the mean pixel-wise binary cross-entropy over the samples that have a mask.

    Parameters
    ----------
    logits : Tensor, float32, shape (B, H, W)
    masks : Tensor, {0, 1}, shape (B, H, W)
        Ignored where the mask is not known.
    mask_known : Tensor, bool, shape (B,)
    roi : Tensor, bool, shape (B, H, W), optional
        Pixels that count, at least one of each sample.

    Returns
    -------
    Tensor, float32, 0-d
        0 (with a zero gradient) if no sample has a mask.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, masks.to(logits.dtype), reduction="none")
    means = pixels.mean(dim=(1, 2)) if roi is None else _mean_inside(pixels, roi)
    known = mask_known.to(logits.dtype)
    return (means * known).sum() / known.sum().clamp(min=1)


def reconstruction_loss(reconstruction: Tensor, x: Tensor, roi: Tensor | None = None) -> Tensor:
    """Return the mean squared error over ``roi`` against the normalised input (B, 3, H, W)."""
    if roi is None:
        return F.mse_loss(reconstruction, x)
    squares = F.mse_loss(reconstruction, x, reduction="none").mean(dim=1)
    return _mean_inside(squares, roi).mean()


def _mean_inside(pixels: Tensor, roi: Tensor) -> Tensor:
    """Mean over the region's pixels, (B, H, W) -> (B,)."""
    return torch.where(roi, pixels, 0).sum(dim=(1, 2)) / roi.sum(dim=(1, 2))


def batch_losses(network: APCNetwork, batch: FinetuneBatch) -> tuple[APCOutputs, APCLosses]:
    """Ask a network about a batch, on the network's device, and hold it against the truth."""
    device = network.encoder.mean.device
    images, labels, masks, known = (tensor.to(device) for tensor in batch[:4])
    roi = None if batch.roi is None else batch.roi.to(device)
    x = network.encoder.normalise(images)
    outputs = network(x)
    return outputs, apc_loss(outputs, x, labels, masks, known, network.params, roi)


def apc_loss(
    outputs: APCOutputs,
    x: Tensor,
    labels: Tensor,
    masks: Tensor,
    mask_known: Tensor,
    params: APCParams,
    roi: Tensor | None = None,
) -> APCLosses:
    """Return L = 10 L_cls + L_segm + L_recon (eq. 1), the weights and tasks from ``params``.

    Parameters
    ----------
    x : Tensor, float32, shape (B, 3, H, W)
        Normalised pixels.
    labels : Tensor, {0, 1}, shape (B,)
    masks : Tensor, {0, 1}, shape (B, H, W)
    mask_known : Tensor, bool, shape (B,)
        Ground truth; 1 = anomalous.
    roi : Tensor, bool, shape (B, H, W), optional
        Pixels that count for segmentation and reconstruction.
    """
    cls = segm = recon = None
    if outputs.cls is not None:
        cls = classification_loss(outputs.cls, labels)
    if outputs.segm is not None:
        segm = segmentation_loss(outputs.segm, masks, mask_known, roi)
    if outputs.recon is not None:
        recon = reconstruction_loss(outputs.recon, x, roi)
    weights = (params.weight_cls, params.weight_segm, params.weight_recon)
    terms = zip(weights, (cls, segm, recon), strict=True)
    weighted = (weight * term for weight, term in terms if term is not None)
    total = sum(weighted, start=x.new_zeros(()))
    return APCLosses(total, cls, segm, recon)

"""APC's loss (eq. 1): image and pixel cross-entropy, and the reconstruction's squared error."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from vadline.apc.network import APCOutputs
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


def segmentation_loss(logits: Tensor, masks: Tensor, mask_known: Tensor) -> Tensor:
    """Return the mean pixel-wise binary cross-entropy over the samples that have a mask.

    Parameters
    ----------
    logits : Tensor, float32, shape (B, H, W)
    masks : Tensor, {0, 1}, shape (B, H, W)
        Ignored where the mask is not known.
    mask_known : Tensor, bool, shape (B,)

    Returns
    -------
    Tensor, float32, 0-d
        0 (with a zero gradient) if no sample has a mask.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, masks.to(logits.dtype), reduction="none")
    known = mask_known.to(logits.dtype)
    return (pixels.mean(dim=(1, 2)) * known).sum() / known.sum().clamp(min=1)


def reconstruction_loss(reconstruction: Tensor, x: Tensor) -> Tensor:
    """Return the mean squared error against the normalised input, both (B, 3, H, W)."""
    return F.mse_loss(reconstruction, x)


def apc_loss(
    outputs: APCOutputs,
    x: Tensor,
    labels: Tensor,
    masks: Tensor,
    mask_known: Tensor,
    params: APCParams,
) -> APCLosses:
    """Return L = 10 L_cls + L_segm + L_recon (eq. 1), the weights and tasks from ``params``.

    Parameters
    ----------
    outputs : APCOutputs
        Of the network, for ``x``.
    x : Tensor, float32, shape (B, 3, H, W)
        Normalised pixels.
    labels, masks, mask_known : Tensor, shapes (B,), (B, H, W), (B,)
        Ground truth; 1 = anomalous.
    params : APCParams
        ``weight_cls``, ``weight_segm``, ``weight_recon``.
    """
    cls = classification_loss(outputs.cls, labels) if outputs.cls is not None else None
    segm = segmentation_loss(outputs.segm, masks, mask_known) if outputs.segm is not None else None
    recon = reconstruction_loss(outputs.recon, x) if outputs.recon is not None else None
    weights = (params.weight_cls, params.weight_segm, params.weight_recon)
    terms = zip(weights, (cls, segm, recon), strict=True)
    total = sum(weight * term for weight, term in terms if term is not None)
    return APCLosses(total, cls, segm, recon)

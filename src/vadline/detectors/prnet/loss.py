"""PRNet's losses: of the map where the mask is known, of the image's score where it is not."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from vadline.detectors.supervised.pooling import top_k_mean


def prnet_loss(
    logits: Tensor,
    targets: Tensor,
    known: Tensor,
    *,
    focal_weight: float,
    gamma: float,
    top_k: float,
) -> Tensor:
    """Compare logits with masks (Zhang et al. 2023).

    ``smooth L1 + focal_weight * focal loss`` over all locations of the images with a known mask. A
    bad image without one gives, as our addition, the focal loss of the mean of its highest logits.

    Parameters
    ----------
    logits : Tensor, float32, shape (B, n)
        Of the locations inside the region of interest.
    targets : Tensor, bool, shape (B, n)
        Which are defective.
    known : Tensor, bool, shape (B,)
        Whether ``targets`` says so; images of which it does not are bad.
    focal_weight, gamma : float
        Weight and exponent of the focal loss; both classes weigh 1/2 in it.
    top_k : float
        Share of the locations whose logits are averaged.

    Returns
    -------
    Tensor, float32, 0-d
        Each image has the same weight.
    """
    total = logits.new_zeros(())
    if known.any():
        inside, mask = logits[known], targets[known]
        mask = mask.to(inside.dtype)
        smooth = F.smooth_l1_loss(inside.sigmoid(), mask)
        focal = sigmoid_focal_loss(inside, mask, 0.5, gamma, reduction="mean")
        total = total + (smooth + focal_weight * focal) * known.float().mean()
    if not known.all():
        tops = top_k_mean(logits[~known], top_k)
        focal = sigmoid_focal_loss(tops, torch.ones_like(tops), 0.5, gamma, reduction="mean")
        total = total + focal_weight * focal * (~known).float().mean()
    return total

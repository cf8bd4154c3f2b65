"""The pixel-level penalties of F2PAD: sparse anomalies (eq. 8) and smooth parts (eq. 11)."""

from __future__ import annotations

import torch
from torch import Tensor

LOG_RANGE = 3.4
"""By how much the LOG penalty of a defect's pixel exceeds a good one's, as measured on photographs
with the default epsilon."""


def log_penalty(a: Tensor, epsilon: float) -> Tensor:
    """LOG penalty of each pixel's anomaly, paper eq. 8, channels grouped.

    ``log(sqrt(|a|^2 + epsilon) + |a|)``: its slope ``1 / sqrt(|a|^2 + epsilon)`` in ``|a|`` pulls
    small anomalies to nought and lets large ones be, unlike the L1 norm.

    Parameters
    ----------
    a : Tensor, float, shape (P, 3)
        Anomalous parts of P pixels.
    epsilon : float
        Positive; the square of the magnitude at which the pull begins to fade.

    Returns
    -------
    Tensor, float, shape (P,)
        Smallest at ``a = 0``: ``log(epsilon) / 2``.
    """
    magnitude = torch.linalg.vector_norm(a, dim=-1)
    return torch.log(torch.sqrt(magnitude.square() + epsilon) + magnitude)


def total_variation(n: Tensor) -> Tensor:
    """Isotropic vectorial total variation, paper eq. 11, of each of B images (B, C, H, W).

    Sum over pixels of the norm, channels and both directions together, of the forward
    differences; they are nought at the last row and column.
    """
    across = torch.nn.functional.pad(n[..., :, 1:] - n[..., :, :-1], (0, 1))
    down = torch.nn.functional.pad(n[..., 1:, :] - n[..., :-1, :], (0, 0, 0, 1))
    return torch.linalg.vector_norm(torch.cat([across, down], dim=1), dim=1).sum(dim=(1, 2))

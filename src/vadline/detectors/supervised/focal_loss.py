"""The focal loss: cross-entropy that cares less about what is already right."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def focal_loss(
    logits: Tensor, bad: Tensor, gamma: float = 2.0, alpha: float | None = None
) -> Tensor:
    """Return the mean of ``-alpha_t (1 - p_t)^gamma log p_t`` (Lin et al. 2020, eq. 5).

    ``p_t`` is the probability that the network gives to the true class.

    Parameters
    ----------
    logits : Tensor, float32, shape (B,)
        Of being bad.
    bad : Tensor, bool, shape (B,)
    gamma : float
        How little the easy images count; 0 gives cross-entropy.
    alpha : float, optional
        Weight of the bads, 0 to 1; goods weigh ``1 - alpha``. ``None`` weighs both by 1.

    Returns
    -------
    Tensor, float32, 0-d
    """
    bad = bad.to(logits.device)
    # Positive where the image is on the right side; logs of sigmoids do not underflow.
    margin = logits.where(bad, -logits)
    loss = -F.logsigmoid(margin) * (gamma * F.logsigmoid(-margin)).exp()
    if alpha is not None:
        loss = loss * bad.to(loss.dtype).mul(2 * alpha - 1).add(1 - alpha)
    return loss.mean()

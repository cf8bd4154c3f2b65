"""The deviation loss: bad parts score many standard deviations above good ones."""

from __future__ import annotations

import torch
from torch import Tensor


def reference_scores(generator: torch.Generator, count: int = 5000) -> Tensor:
    """Draw the scores of imagined good parts from N(0, 1) (Pang et al. 2019, section 3.3).

    Parameters
    ----------
    generator : torch.Generator
        On the CPU, so that every device gets the same.
    count : int
        How many; the authors draw 5000.

    Returns
    -------
    Tensor, float32, shape (count,)
    """
    return torch.randn(count, generator=generator)


def deviation_loss(scores: Tensor, bad: Tensor, reference: Tensor, margin: float = 5.0) -> Tensor:
    """Pull good parts to the reference's mean and push bad ones ``margin`` deviations above it.

    With ``dev = (score - mean(reference)) / std(reference)`` (Pang et al. 2019, eq. 5), the loss
    is the mean of ``|dev|`` for goods and ``max(0, margin - dev)`` for bads (eq. 6).

    Parameters
    ----------
    scores : Tensor, float32, shape (B,)
    bad : Tensor, bool, shape (B,)
    reference : Tensor, float32, shape (n,)
        From :func:`reference_scores`; the authors draw anew for every batch.
    margin : float
        In standard deviations; 5 in the paper.

    Returns
    -------
    Tensor, float32, 0-d
    """
    reference = reference.to(scores)
    deviation = (scores - reference.mean()) / reference.std()
    bad = bad.to(scores.device)
    return torch.where(bad, (margin - deviation).clamp(min=0), deviation.abs()).mean()

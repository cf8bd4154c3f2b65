"""The four heads of DRA (Ding et al. 2022, section 3.2 and appendix B.1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vadline.detectors.supervised.deviation_loss import deviation_loss
from vadline.detectors.supervised.pooling import top_k_mean

GOOD, SEEN, PSEUDO = 0, 1, 2
_HIDDEN = 256  # units of the normality head (appendix B.1)


@dataclass(frozen=True)
class HeadScores:
    """What the heads say of B images.

    Attributes
    ----------
    normality : Tensor, float32, shape (B,)
        High for good images.
    seen, pseudo, residual : Tensor, float32, shape (B,)
        High for images like the known bads; like the pseudo anomalies; unlike the references.
    map : Tensor, float32, shape (B, h, w)
        Sum of the three heads' scores of each patch.
    """

    normality: Tensor
    seen: Tensor
    pseudo: Tensor
    residual: Tensor
    map: Tensor

    @property
    def anomaly(self) -> Tensor:
        """The three anomaly heads' sum less the normality, shape (B,) (appendix B.1)."""
        return self.seen + self.pseudo + self.residual - self.normality


class NormalityHead(nn.Module):
    """Two fully connected layers on features averaged over the image (eq. 9, appendix B.1).

    Parameters
    ----------
    channels : int
        Of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels, _HIDDEN), nn.ReLU(inplace=True), nn.Linear(_HIDDEN, 1)
        )

    def forward(self, features: Tensor, inside: Tensor) -> Tensor:
        """Score images.

        Parameters
        ----------
        features : Tensor, float32, shape (B, C, h, w)
        inside : Tensor, bool, shape (h, w)
            Which patches count.

        Returns
        -------
        Tensor, float32, shape (B,)
        """
        return self.layers(features[:, :, inside].mean(dim=2))[:, 0]


class PatchHead(nn.Module):
    """A linear score of every patch, by a 1 x 1 convolution (eq. 3, appendix B.1).

    Parameters
    ----------
    channels : int
        Of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scoring = nn.Conv2d(channels, 1, kernel_size=1)

    def forward(self, features: Tensor) -> Tensor:
        """Score patches.

        Parameters
        ----------
        features : Tensor, float32, shape (B, C, h, w)

        Returns
        -------
        Tensor, float32, shape (B, h, w)
        """
        return self.scoring(features)[:, 0]


class DRAHeads(nn.Module):
    """All four heads over the same features.

    The residual head scores what the references' mean has and an image lacks at each place (eq. 7).

    Parameters
    ----------
    channels : int
        Of the features.
    top_share : float
        Of the patches whose scores are averaged to an image's.
    """

    def __init__(self, channels: int, top_share: float) -> None:
        super().__init__()
        self.top_share = top_share
        self.normality = NormalityHead(channels)
        self.seen = PatchHead(channels)
        self.pseudo = PatchHead(channels)
        self.residual = PatchHead(channels)

    def forward(self, features: Tensor, reference: Tensor, inside: Tensor) -> HeadScores:
        """Score images and their patches.

        Parameters
        ----------
        features : Tensor, float32, shape (B, C, h, w)
        reference : Tensor, float32, shape (C, h, w)
            Mean features of good images.
        inside : Tensor, bool, shape (h, w)
            Which patches image scores may come from.

        Returns
        -------
        HeadScores
        """
        seen, pseudo = self.seen(features), self.pseudo(features)
        residual = self.residual(reference - features)
        return HeadScores(
            normality=self.normality(features, inside),
            seen=top_k_mean(seen[:, inside], self.top_share),
            pseudo=top_k_mean(pseudo[:, inside], self.top_share),
            residual=top_k_mean(residual[:, inside], self.top_share),
            map=seen + pseudo + residual,
        )


def heads_loss(scores: HeadScores, kinds: Tensor, reference: Tensor, margin: float) -> Tensor:
    """Sum of the four heads' deviation losses, each with labels of its own (section 3.2).

    The normality head is to score goods high, all others bads; the head for seen anomalies learns
    nothing from pseudo anomalies, the one for pseudo anomalies nothing from seen ones.

    Parameters
    ----------
    scores : HeadScores
        Of B images.
    kinds : Tensor, int64, shape (B,)
        ``GOOD``, ``SEEN`` or ``PSEUDO``.
    reference : Tensor, float32, shape (n,)
        As for :func:`~vadline.detectors.supervised.deviation_loss.deviation_loss`.
    margin : float

    Returns
    -------
    Tensor, float32, 0-d
    """
    bad = kinds != GOOD
    everyone = torch.ones_like(bad)
    parts = (
        (scores.normality, ~bad, everyone),
        (scores.seen, bad, kinds != PSEUDO),
        (scores.pseudo, bad, kinds != SEEN),
        (scores.residual, bad, everyone),
    )
    losses = [
        deviation_loss(score[learns], high[learns], reference, margin)
        for score, high, learns in parts
    ]
    return torch.stack(losses).sum()

"""The four heads of DRA (Ding et al. 2022, section 3; sizes as in the authors' code)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vadline.detectors.supervised.deviation_loss import deviation_loss
from vadline.detectors.supervised.pooling import top_k_mean

GOOD, SEEN, PSEUDO = 0, 1, 2
_HIDDEN = 256  # units of the normality head


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
        Sum of the three heads' scores of each patch, not negative.
    """

    normality: Tensor
    seen: Tensor
    pseudo: Tensor
    residual: Tensor
    map: Tensor

    @property
    def anomaly(self) -> Tensor:
        """The image score: the three anomaly heads' sum less the normality, shape (B,)."""
        return self.seen + self.pseudo + self.residual - self.normality


class NormalityHead(nn.Module):
    """A holistic score of features averaged over the image (section 3).

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
            Not negative.
        """
        return self.layers(features[:, :, inside].mean(dim=2))[:, 0].abs()


class PatchHead(nn.Module):
    """A linear score of every patch (section 3.2).

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
            Not negative.
        """
        return self.scoring(features)[:, 0].abs()


class ResidualHead(nn.Module):
    """A score of how each patch differs from the references' mean at its place (section 3.2).

    Parameters
    ----------
    channels : int
        Of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mixing = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )
        self.patches = PatchHead(channels)

    def forward(self, features: Tensor, reference: Tensor) -> Tensor:
        """Score patches.

        Parameters
        ----------
        features : Tensor, float32, shape (B, C, h, w)
        reference : Tensor, float32, shape (C, h, w)
            Mean features of good images.

        Returns
        -------
        Tensor, float32, shape (B, h, w)
            Not negative.
        """
        return self.patches(self.mixing(reference - features))


class DRAHeads(nn.Module):
    """All four heads over the same features.

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
        self.residual = ResidualHead(channels)

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
        maps = self.seen(features), self.pseudo(features), self.residual(features, reference)
        tops = (top_k_mean(scores[:, inside], self.top_share) for scores in maps)
        return HeadScores(self.normality(features, inside), *tops, map=sum(maps))


def heads_loss(scores: HeadScores, kinds: Tensor, reference: Tensor, margin: float) -> Tensor:
    """Sum of the four heads' deviation losses, each with labels of its own (section 3).

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

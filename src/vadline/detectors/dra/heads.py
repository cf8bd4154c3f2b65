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
        Sum of the three heads' scores of each patch, not negative.
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


class PatchHead(nn.Module):
    """A score of every patch, linear but for its sign (eq. 3; a 1 x 1 convolution, appendix B.1).

    Without the sign (our choice), as a part may differ from goods either way and the deviation loss
    pulls these to the middle.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scoring = nn.Conv1d(channels, 1, kernel_size=1)

    def forward(self, patches: Tensor) -> Tensor:
        """Score patches, float32 (B, C, n); returns (B, n), not negative."""
        return self.scoring(patches)[:, 0].abs()


class DRAHeads(nn.Module):
    """All four heads over the same features.

    Normality is told by two fully connected layers from the mean patch (eq. 9, appendix B.1); the
    residual head sees how far each patch is from the references' mean (eq. 7). Our choices: this
    difference goes in without its sign, and what goes into the heads is brought to mean 0 and
    variance 1, channel by channel, since the channels of backbones other than ResNets differ much.

    Parameters
    ----------
    top_share : float
        Of the patches whose scores are averaged to an image's.
    """

    def __init__(self, channels: int, top_share: float) -> None:
        super().__init__()
        self.top_share = top_share
        self.standard = nn.BatchNorm1d(channels, affine=False)
        self.standard_residual = nn.BatchNorm1d(channels, affine=False)
        self.normality = nn.Sequential(
            nn.Linear(channels, _HIDDEN), nn.ReLU(inplace=True), nn.Linear(_HIDDEN, 1)
        )
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
            Which patches count; all others score 0.
        """
        patches = self.standard(features[:, :, inside])
        distances = self.standard_residual((reference - features)[:, :, inside]).abs()
        seen, pseudo, residual = self.seen(patches), self.pseudo(patches), self.residual(distances)
        maps = features.new_zeros(len(features), *inside.shape)
        maps[:, inside] = seen + pseudo + residual
        return HeadScores(
            normality=self.normality(patches.mean(dim=2))[:, 0],
            seen=top_k_mean(seen, self.top_share),
            pseudo=top_k_mean(pseudo, self.top_share),
            residual=top_k_mean(residual, self.top_share),
            map=maps,
        )


def heads_loss(scores: HeadScores, kinds: Tensor, reference: Tensor, margin: float) -> Tensor:
    """Sum of the four heads' deviation losses, each with labels of its own (section 3.2).

    The normality head is to score goods high, all others bads; the head for seen anomalies learns
    nothing from pseudo anomalies, the one for pseudo anomalies nothing from seen ones. For
    ``reference`` and ``margin`` see `deviation_loss`.

    Parameters
    ----------
    kinds : Tensor, int64, shape (B,)
        ``GOOD``, ``SEEN`` or ``PSEUDO``.
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

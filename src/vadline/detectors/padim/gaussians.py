"""One Gaussian for every location of an image, learnt in a stream of images."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

_GROUP = 32  # images whose outer products are added in one go
_BLOCK = 256  # locations of a double-precision product, so that it stays in the caches


@dataclass(frozen=True)
class LocationGaussians:
    """L Gaussians over C channels.

    Attributes
    ----------
    mean : Tensor, float32, shape (L, C)
    whitening : Tensor, float32, shape (L, C, C)
        Inverse of the covariance's lower Cholesky factor: of ``f - mean`` it makes a vector of
        covariance 1, whose squared length is the squared Mahalanobis distance.
    """

    mean: Tensor
    whitening: Tensor

    def squared_distances(self, features: Tensor) -> Tensor:
        """Return ``(f - mean)' covariance^-1 (f - mean)`` (F2PAD eq. 7).

        Parameters
        ----------
        features : Tensor, float, shape (B, L, C)

        Returns
        -------
        Tensor, dtype of ``features``, shape (B, L)
            Differentiable in ``features``.
        """
        difference = features - self.mean.to(features.dtype)
        # Locations first, so that each whitening matrix is read once for the whole batch.
        white = torch.bmm(self.whitening.to(features.dtype), difference.permute(1, 2, 0))
        return white.square().sum(dim=1).T


def packed_triangles(whitening: Tensor) -> Tensor:
    """Return the lower triangles of (L, C, C) as (L, C (C + 1) / 2), half the bytes."""
    row, column = torch.tril_indices(whitening.shape[1], whitening.shape[2])
    return whitening[:, row, column]


def unpacked_triangles(packed: Tensor) -> Tensor:
    """Undo :func:`packed_triangles`."""
    side = (math.isqrt(8 * packed.shape[1] + 1) - 1) // 2
    row, column = torch.tril_indices(side, side)
    whitening = packed.new_zeros(len(packed), side, side)
    whitening[:, row, column] = packed
    return whitening


def log_cost(locations: int, channels: int, images: int, megabytes: int, name: str) -> None:
    """Say what memory :func:`fit_gaussians` takes, and how often it reads the images."""
    together = _locations_a_pass(locations, channels, megabytes)
    logger.info(
        "%s: %d Gaussians of %d channels will take %.0f MB of memory, and %.0f MB more during the "
        "fit, which reads %d images %d times",
        name,
        locations,
        channels,
        locations * channels**2 * 4 / 1e6,
        together * channels**2 * 8 / 1e6,
        images,
        math.ceil(locations / together),
    )


def sums_fit(locations: int, channels: int, sets: int, megabytes: int) -> bool:
    """Tell whether the sums over so many sets of images, at all locations, fit into memory."""
    return _locations_a_pass(sets * locations, channels, megabytes) == sets * locations


def _locations_a_pass(locations: int, channels: int, megabytes: int) -> int:
    """Return of how many locations the double-precision sums fit into ``megabytes``."""
    return max(1, min(locations, int(megabytes * 1e6) // (8 * channels**2)))


def fit_gaussians(
    read: Callable[[slice], Iterable[Tensor]],
    locations: int,
    channels: int,
    ridge: float,
    megabytes: int,
) -> LocationGaussians:
    """Learn mean and covariance of every location (Defard et al. 2021, eq. 1).

    Sums are kept in double precision about the mean of the first images, so that nothing cancels.

    Parameters
    ----------
    read : callable
        Takes a range of l locations and walks over all images once; yields their features, a
        Tensor of shape (B, l, C).
    ridge : float
        Added to the diagonal of the covariance, whose divisor is the number of images - 1.
    megabytes : int
        For the sums; ``read`` is called as often as it takes to stay below.
    """
    means: list[Tensor] = []
    whitening = torch.empty(0)  # until the first features say where they are
    step = _locations_a_pass(locations, channels, megabytes)
    for start in range(0, locations, step):
        part = slice(start, min(start + step, locations))
        moments = sum_moments(read(part), part.stop - part.start, channels)
        if not means:
            device = moments.mean().device
            whitening = torch.empty(locations, channels, channels, device=device)
        means.append(moments.mean().float())
        moments.whiten_into(whitening[part], ridge)
    return LocationGaussians(torch.cat(means), whitening)


def sum_moments(batches: Iterable[Tensor], locations: int, channels: int) -> Moments:
    """Take in the features of many images, batches of shape (B, L, C)."""
    moments = Moments(locations, channels)
    for features in _groups(batches):
        moments.add(features)
    return moments


def gaussians_of(moments: Moments, ridge: float) -> LocationGaussians:
    """Return the Gaussians of sums over all locations; see `fit_gaussians`."""
    mean = moments.mean()
    whitening = torch.empty(*mean.shape, mean.shape[1], device=mean.device)
    moments.whiten_into(whitening, ridge)
    return LocationGaussians(mean.float(), whitening)


def _groups(batches: Iterable[Tensor]) -> Iterator[Tensor]:
    waiting: list[Tensor] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _GROUP:
            yield torch.cat(waiting)
            waiting = []
    if waiting:
        yield torch.cat(waiting)


class Moments:
    """Sums of features and of their products about an origin, per location, in double precision.

    The origin is the mean of the images taken in first, so that nothing cancels.
    """

    def __init__(self, locations: int, channels: int) -> None:
        self._blocks = [slice(i, i + _BLOCK) for i in range(0, locations, _BLOCK)]
        self._shape = (locations, channels)
        self._count = 0

    def add(self, features: Tensor) -> None:
        """Take in n images' features, shape (n, L, C)."""
        if self._count == 0:
            self._begin(features.mean(dim=0, dtype=torch.float64))
        for block in self._blocks:
            x = (
                features[:, block]
                .to(torch.float64, copy=True)
                .sub_(self._origin[block])
                .transpose(0, 1)
            )
            self._sum[block] += x.sum(dim=1)
            self._products[block].baddbmm_(x.transpose(1, 2), x)
        self._count += len(features)

    def add_all(self, other: Moments) -> None:
        """Take in all images of ``other``, as seen from this one's origin."""
        if other._count == 0:
            return
        if self._count == 0:
            self._begin(other._origin)
        for block in self._blocks:
            # of x + s: sum x + n s, and sum xx' + (sum x) s' + s (sum x)' + n ss'
            shift = (other._origin[block] - self._origin[block])[:, None]
            total = other._sum[block][:, None] + other._count / 2 * shift
            self._products[block] += other._products[block]
            self._products[block].baddbmm_(total.transpose(1, 2), shift)
            self._products[block].baddbmm_(shift.transpose(1, 2), total)
            self._sum[block] += (total + other._count / 2 * shift)[:, 0]
        self._count += other._count

    def _begin(self, origin: Tensor) -> None:
        self._origin = origin
        self._sum = torch.zeros_like(origin)
        self._products = origin.new_zeros(*self._shape, self._shape[1])

    def mean(self) -> Tensor:
        """Return the means, float64, shape (L, C)."""
        return self._origin + self._sum / self._count

    def whiten_into(self, whitening: Tensor, ridge: float) -> None:
        """Write the whitening matrices, shape (L, C, C)."""
        identity = torch.eye(self._shape[1], dtype=torch.float64, device=whitening.device)
        for block in self._blocks:
            total = self._sum[block]
            centred = self._products[block] - total[:, :, None] * total[:, None] / self._count
            covariance = centred / max(self._count - 1, 1) + ridge * identity
            factor = torch.linalg.cholesky(covariance)
            inverse = torch.linalg.solve_triangular(factor, identity, upper=False)
            whitening[block] = inverse.to(whitening.dtype)

"""The pixel prior of F2PAD: which colours a good part has (paper eqs. 9 and 10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from vadline.errors import VadlineError

SMALLEST_WEIGHT = 0.01
"""Components below it are dropped: eq. 10 ignores weights, so a wide and nearly empty one
would bridge the real clusters."""


@dataclass(frozen=True)
class PixelPrior:
    """A mixture of Gaussians over pixel colours, weights left out.

    Attributes
    ----------
    means : ndarray, float32, shape (K, 3)
        In the extractor's normalised units.
    precisions : ndarray, float32, shape (K, 3, 3)
        Inverse covariances, symmetric and positive definite.
    """

    means: np.ndarray
    precisions: np.ndarray


def fit_pixel_prior(
    pixels: np.ndarray, n_components: int, seed: int, regularisation: float = 1e-3
) -> PixelPrior:
    """Fit the mixture of paper eq. 9 to pixels of good parts.

    Parameters
    ----------
    pixels : ndarray, float, shape (M, 3)
        Sampled pixels in normalised units, see :func:`sample_pixels`.
    n_components : int
        Components to start with; those of weight below 0.01 are dropped.
    regularisation : float
        Added to each covariance's diagonal, in squared normalised units: the sensor noise that
        a colour is allowed (the default is about four grey levels).

    Raises
    ------
    VadlineError
        If there are fewer pixels than components.
    """
    if len(pixels) < n_components:
        raise VadlineError(
            f"the pixel prior needs at least {n_components} pixels and got {len(pixels)}: "
            "give it more good images or lower n_components"
        )
    mixture = GaussianMixture(
        n_components, reg_covar=regularisation, random_state=seed, max_iter=200
    ).fit(np.asarray(pixels, dtype=np.float64))
    kept = mixture.weights_ >= min(SMALLEST_WEIGHT, mixture.weights_.max())
    return PixelPrior(
        mixture.means_[kept].astype(np.float32), mixture.precisions_[kept].astype(np.float32)
    )


def sample_pixels(
    images: np.ndarray, n_pixels: int, seed: int, roi: np.ndarray | None = None
) -> np.ndarray:
    """Draw pixels uniformly, with replacement, without loading all of ``images``.

    Parameters
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; only pixels inside are drawn.

    Returns
    -------
    ndarray, uint8, shape (n_pixels, 3)
    """
    rng = np.random.default_rng(seed)
    n, height, width = images.shape[:3]
    image = np.sort(rng.integers(n, size=n_pixels))
    if roi is None or roi.all():
        rows, columns = rng.integers(height, size=n_pixels), rng.integers(width, size=n_pixels)
    else:
        rows, columns = np.unravel_index(rng.choice(np.flatnonzero(roi), n_pixels), roi.shape)
    return images[image, rows, columns]


def mog_penalty(pixels: Tensor, means: Tensor, precisions: Tensor) -> Tensor:
    """Squared Mahalanobis distance of each pixel to its nearest component, paper eq. 10.

    No log-determinant, no weights.

    Parameters
    ----------
    pixels : Tensor, float, shape (P, 3)
    means : Tensor, float, shape (K, 3)
    precisions : Tensor, float, shape (K, 3, 3)

    Returns
    -------
    Tensor, float, shape (P,)
    """
    with torch.no_grad():
        nearest = mahalanobis_squared(pixels[:, None], means, precisions).argmin(dim=1)
    return mahalanobis_squared(pixels, means[nearest], precisions[nearest])


def mahalanobis_squared(pixels: Tensor, means: Tensor, precisions: Tensor) -> Tensor:
    """``(n - mu)^T P (n - mu)`` over the last axis, the leading axes broadcast."""
    delta = pixels - means
    return torch.einsum("...c,...cd,...d->...", delta, precisions, delta)

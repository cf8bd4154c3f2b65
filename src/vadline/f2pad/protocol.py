"""What F2PAD asks of a detector: features it can differentiate through, and a loss on them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from vadline.backbones import FeatureExtractor


@runtime_checkable
class RefinableDetector(Protocol):
    """A fitted detector whose anomaly score is differentiable in the pixels.

    The ``extractor``'s ``normalise``, ``denormalise``, ``mean`` and ``std`` fix the pixel units.
    """

    extractor: FeatureExtractor

    def candidates(self, n0: Tensor, k: int) -> Tensor:
        """Pick what :meth:`refinement_loss` compares each location with, paper eq. 5.

        Parameters
        ----------
        n0 : Tensor, float32, shape (B, 3, H, W)
            Initial non-defective images, normalised.
        k : int
            Candidates per location.

        Returns
        -------
        Tensor, int64, shape (B, L, k)
            First axis: images. Detectors without a memory bank may return any such tensor.
        """
        ...

    def refinement_loss(self, n: Tensor, candidates: Tensor) -> Tensor:
        """Sum the anomaly scores over all locations: L(N), paper eqs. 5 to 7.

        Parameters
        ----------
        n : Tensor, float32, shape (B, 3, H, W)
            Normalised images; the loss is differentiable in them.
        candidates : Tensor, int64, shape (B, L, k)
            From :meth:`candidates`.

        Returns
        -------
        Tensor, float32, shape (B,)
        """
        ...

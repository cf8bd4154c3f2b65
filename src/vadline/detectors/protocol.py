"""What the line asks of a detector, and what it hands to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vadline.backbones import BackboneParams
from vadline.detectors.params import DetectorParams
from vadline.errors import VadlineError
from vadline.state import ModelState


@dataclass(frozen=True)
class TrainingSet:
    """The images that a detector learns from.

    Attributes
    ----------
    images : ndarray, uint8, shape (N, H, W, 3)
        Often memory-mapped, and more than are learnt from.
    rows : ndarray, int64, shape (n,)
        The images to learn from, ascending.
    bad : ndarray, bool, shape (n,), optional
        Which of them are bad; ``None`` where all are good, as one-class detectors get them.
    masks : ndarray, uint8 {0, 1}, shape (N, H, W), optional
        Defect pixels of ``images``, of value only where they are known.
    mask_known : ndarray, bool, shape (n,), optional
        Whether the mask of each of ``rows`` is known; a good one's is, and is empty.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; ``None`` for everything.
    """

    images: NDArray[np.uint8]
    rows: NDArray[np.int64]
    bad: NDArray[np.bool_] | None = None
    masks: NDArray[np.uint8] | None = None
    mask_known: NDArray[np.bool_] | None = None
    roi: NDArray[np.bool_] | None = None

    def require_images(self, name: str) -> None:
        """Refuse to learn from nothing.

        Parameters
        ----------
        name : str
            The detector's name, for the error.

        Raises
        ------
        VadlineError
            If there is no image.
        """
        if len(self.rows) == 0:
            raise VadlineError(
                f"{name}: no good image to learn from; raise split.detector_share or add good "
                "images."
            )


class Detector(Protocol):
    """A model that learns from images and marks what is anomalous in others.

    ``Params`` are its settings. A supervised detector's have a field ``learn_from`` that says which
    role's images it learns from (see :class:`vadline.detectors.supervised.SupervisedParams`); all
    others learn from the role ``detector``, good images only.
    """

    Params: ClassVar[type[DetectorParams]]
    params: DetectorParams

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: Mapping[str, Tensor] | None = None,
    ) -> Self:
        """Make an unfitted detector.

        Parameters
        ----------
        params : DetectorParams
            An instance of ``cls.Params``.
        backbone : BackboneParams
            ``params.backbone``, or else the line's.
        name : str
            The detector's name in the line; what progress bars and errors say.
        encoder : mapping of str to Tensor, optional
            Fine-tuned weights of the backbone, where ``params.encoder`` is ``apc``.
        """

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Learn; the same images and seed give the same detector.

        Raises
        ------
        VadlineError
            If there is nothing to learn from.
        """

    def score(
        self,
        images: NDArray[np.uint8],
        rows: NDArray[np.int64],
        roi: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score images, pixel-wise and as a whole.

        Parameters
        ----------
        images : ndarray, uint8, shape (N, H, W, 3)
        rows : ndarray, int64
            Which images, in this order; may be none.
        roi : ndarray, bool, shape (H, W), optional

        Returns
        -------
        maps : ndarray, float32, shape (len(rows), h, w)
            Anomaly maps at the detector's own grid, higher = more anomalous; outside of the region
            of interest nought or, where values are negative, the image's lowest.
        scores : ndarray, float64, shape (len(rows),)
            Higher = more anomalous.
        """

    def state(self) -> ModelState:
        """Return the fitted detector as data; ``config`` has the keys kind, name and params."""

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""

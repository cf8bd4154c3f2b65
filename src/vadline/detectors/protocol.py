"""What the line asks of a detector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vadline.backbones import BackboneParams
from vadline.detectors.params import DetectorParams
from vadline.detectors.training_set import TrainingSet
from vadline.images.arrays import Images
from vadline.state import ModelState


class Detector(Protocol):
    """A model that learns from images and marks what is anomalous in others.

    :class:`vadline.detectors.base.MapDetector` does what most detectors do alike.

    ``Params`` are its settings. A supervised detector's have a field ``learn_from`` that says which
    role's images it learns from (see :class:`vadline.detectors.supervised.SupervisedParams`); all
    others learn from the role ``detector``, good images only.
    """

    # Subclasses of DetectorParams; not said, as a protocol's attribute may not be narrowed.
    Params: ClassVar[type[Any]]
    name: str

    @property
    def params(self) -> DetectorParams:
        """Its settings, an instance of ``Params``."""

    @classmethod
    def build(
        cls,
        params: DetectorParams,
        backbone: BackboneParams,
        name: str,
        encoder: ModelState | None = None,
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
        encoder : ModelState, optional
            The fine-tuned network, where ``params.encoder`` is ``apc``: its backbone's tensors
            begin with ``encoder.body.``, all others are of decoder and heads.
        """

    def fit(self, training: TrainingSet, seed: int = 0) -> Self:
        """Learn; the same images and seed give the same detector.

        Parameters
        ----------
        training : TrainingSet
            Good images, or good and bad ones for a supervised detector.
        seed : int
            Of all that is drawn.

        Raises
        ------
        VadlineError
            If there is nothing to learn from: no image, or a class of images missing where both are
            needed; or if a loss is not finite.
        """

    def score(
        self,
        images: Images,
        rows: NDArray[np.int64],
        roi: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Score images, pixel-wise and as a whole.

        Parameters
        ----------
        images : array, uint8, shape (N, H, W, 3)
            As in a :class:`TrainingSet`.
        rows : ndarray, int64
            Which images, in this order; may be none.
        roi : ndarray, bool, shape (H, W), optional
            Locations wholly outside count for nothing.

        Returns
        -------
        maps : ndarray, float32, shape (len(rows), h, w)
            Anomaly maps at the detector's own grid, higher = more anomalous; outside of the region
            of interest nought or, where values are negative, the image's lowest.
        scores : ndarray, float64, shape (len(rows),)
            Higher = more anomalous.
        """

    def state(self) -> ModelState:
        """Return the fitted detector as data.

        Its ``config`` has the keys ``name`` and ``params``; the latter are the settings as plain
        JSON values, with the ``kind`` by which :func:`vadline.detectors.load_detector` finds the
        class again.
        """

    @classmethod
    def from_state(cls, state: ModelState) -> Self:
        """Rebuild a fitted detector, which gives the same maps bit for bit."""


@runtime_checkable
class FitsFolds(Protocol):
    """A detector that fits the folds' models of `cross_fit` for less than a fit each; optional."""

    def fit_folds(
        self,
        training: TrainingSet,
        folds: NDArray[np.int64],
        wanted: Sequence[int],
        seed: int,
    ) -> Iterator[Self]:
        """Fit a model for each wanted fold, sharing what they have in common.

        No model may depend on a pixel of its own fold's images, nor on which other folds are
        wanted; each is, but for rounding, what ``fit(training.without(folds == fold), seed)``
        gives.

        Parameters
        ----------
        folds : ndarray, int64, shape (n,)
            Of ``training.rows``; -1 for those that every model learns from.
        wanted : sequence of int
            Folds, in the order in which their models are wanted.

        Yields
        ------
        Detector
            Fitted, one at a time, so that no more than one need be in memory. It shares this
            one's encoder and settings.

        Raises
        ------
        VadlineError
            If a model would have nothing to learn from.
        """

"""What a detector learns from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vadline.errors import VadlineError
from vadline.images.arrays import Images


@dataclass(frozen=True)
class TrainingSet:
    """The images that a detector learns from.

    Attributes
    ----------
    images : array, uint8, shape (N, H, W, 3)
        Often on disk, and more than are learnt from; a detector asks for a batch at a time.
    rows : ndarray, int64, shape (n,)
        The images to learn from, ascending.
    bad : ndarray, bool, shape (n,), optional
        Which of them are bad; ``None`` where all are good, as one-class detectors get them.
    masks : array, uint8 {0, 1}, shape (N, H, W), optional
        Defect pixels of ``images``, of value only where they are known; read as ``images`` are.
    mask_known : ndarray, bool, shape (n,), optional
        Whether the mask of each of ``rows`` is known; a good one's is, and is empty.
    roi : ndarray, bool, shape (H, W), optional
        Region of interest; ``None`` for everything.
    fingerprint : str
        Of which photographs these are, in which roles.
    """

    images: Images
    rows: NDArray[np.int64]
    bad: NDArray[np.bool_] | None = None
    masks: Images | None = None
    mask_known: NDArray[np.bool_] | None = None
    roi: NDArray[np.bool_] | None = None
    fingerprint: str = ""

    @property
    def goods(self) -> NDArray[np.int64]:
        """Those of ``rows`` that are good."""
        return self.rows if self.bad is None else self.rows[~self.bad]

    def without(self, left_out: NDArray[np.bool_]) -> TrainingSet:
        """Leave some of ``rows`` out, for a model that must not have seen them.

        Parameters
        ----------
        left_out : ndarray, bool, shape (n,)
            Which of ``rows``. Where it is none, the set is the same; else the fingerprint is
            another.
        """
        if not left_out.any():
            return self
        rows = self.rows[~left_out]
        left = hashlib.sha256(rows.astype(np.int64).tobytes()).hexdigest()
        return replace(
            self,
            rows=rows,
            bad=None if self.bad is None else self.bad[~left_out],
            mask_known=None if self.mask_known is None else self.mask_known[~left_out],
            fingerprint=f"{self.fingerprint} of rows {left}",
        )

    def require_images(self, name: str) -> None:
        """Refuse to learn from nothing.

        Raises
        ------
        VadlineError
            If there is no image; it names the detector.
        """
        if len(self.rows) == 0:
            raise VadlineError(
                f"{name}: no good image to learn from; raise split.detector_share or add good "
                "images."
            )

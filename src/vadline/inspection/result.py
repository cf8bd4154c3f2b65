"""What is said of one part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import label, regionprops


@dataclass(frozen=True)
class Defect:
    """One connected region of a mask.

    Attributes
    ----------
    box : tuple of int
        Left, top, right and bottom in pixels of the photograph; right and bottom lie outside.
    area : int
        In pixels of the photograph.
    area_mm2 : float or None
        In square millimetres; None where a pixel's side is not known.
    size_mm : tuple of float or None
        The box's width and height in millimetres, likewise.
    """

    box: tuple[int, int, int, int]
    area: int
    area_mm2: float | None = None
    size_mm: tuple[float, float] | None = None


@dataclass(frozen=True)
class Inspection:
    """What the inspector says of one part.

    Attributes
    ----------
    name : str
        The file's path; of what was given otherwise its number.
    decision : str
        ``accept``, ``review``, ``reject``, or ``undecided`` where there is no score.
    score : float
        Higher = more anomalous; NaN where the photograph could not be read.
    probability : float
        Of being bad, in (0, 1); see :meth:`vadline.calibration.Calibration.decide`.
    threshold : float
        Parts above are rejected.
    unlike_training : bool
        The photograph as a whole is unlike those that were learnt from: do not trust the decision.
    reason : str
        In words, which detector and segment stand out most from good parts.
    refused : str or None
        Why the photograph could not be read; nothing else is known then.
    anomaly_map : ndarray, float32, shape (h, w), or None
        Of the detector that masks come from, at the size that the inspector looks at.
    mask : ndarray, uint8 {0, 1}, shape (H, W), or None
        Where the defect is, at the photograph's own size; only of rejected parts.
    defects : tuple of Defect
        The mask's connected regions, the largest first.
    """

    name: str
    decision: str
    score: float = float("nan")
    probability: float = float("nan")
    threshold: float = float("nan")
    unlike_training: bool = False
    reason: str = ""
    refused: str | None = None
    anomaly_map: NDArray[np.float32] | None = None
    mask: NDArray[np.uint8] | None = None
    defects: tuple[Defect, ...] = ()


def at_own_size(mask: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring a mask to a photograph's own width and height, by nearest pixels."""
    if mask.shape[::-1] == tuple(size):
        return mask
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def find_defects(mask: NDArray[np.uint8], mm_per_pixel: float | None = None) -> tuple[Defect, ...]:
    """Take a mask apart into its connected regions, the largest first.

    Parameters
    ----------
    mask : ndarray, uint8 {0, 1}, shape (H, W)
        At the photograph's own size.
    mm_per_pixel : float, optional
        Side of the photograph's pixels in millimetres.
    """
    found = []
    for region in regionprops(label(mask, connectivity=2)):
        top, left, bottom, right = region.bbox
        defect = Defect((left, top, right, bottom), int(region.area))
        if mm_per_pixel is not None:
            size = (right - left) * mm_per_pixel, (bottom - top) * mm_per_pixel
            defect = replace(defect, area_mm2=defect.area * mm_per_pixel**2, size_mm=size)
        found.append(defect)
    return tuple(sorted(found, key=lambda defect: -defect.area))

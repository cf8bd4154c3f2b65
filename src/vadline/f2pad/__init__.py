"""F2PAD: pixel-accurate masks from feature-level detectors (paper: Tao et al., F2PAD).

`objective` is what is minimised, `solver` minimises it, `refine` does both for many parts.
"""

from vadline.f2pad.params import F2PADParams
from vadline.f2pad.pixel_prior import PixelPrior, fit_pixel_prior, sample_pixels
from vadline.f2pad.refine import refine
from vadline.f2pad.selection import initial_masks, mask_threshold, reference_rows, rows_to_refine

__all__ = [
    "F2PADParams",
    "PixelPrior",
    "fit_pixel_prior",
    "initial_masks",
    "mask_threshold",
    "reference_rows",
    "refine",
    "rows_to_refine",
    "sample_pixels",
]

"""Anomaly detectors: what normal looks like, and how far a part is from it."""

from vadline.detectors.maps import image_scores, map_chunks, upsample_and_blur
from vadline.detectors.params import PatchCoreParams
from vadline.detectors.patchcore import PatchCore

__all__ = ["PatchCore", "PatchCoreParams", "image_scores", "map_chunks", "upsample_and_blur"]

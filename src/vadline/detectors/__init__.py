"""Anomaly detectors: what normal looks like, and how far a part is from it.

`protocol` says what the line asks of one, `registry` names them; each stands in its own file.
"""

from vadline.detectors.anomaly_maps import AnomalyMaps
from vadline.detectors.base import MapDetector
from vadline.detectors.cross_fit import HeldOut, cross_fit
from vadline.detectors.maps import image_scores, upsample_and_blur
from vadline.detectors.params import DetectorParams, PatchCoreParams
from vadline.detectors.patchcore import PatchCore
from vadline.detectors.protocol import Detector, FitsFolds
from vadline.detectors.registry import KINDS, detector_class, load_detector, unfitted
from vadline.detectors.tile_training import cut_training
from vadline.detectors.tiled import Tiled
from vadline.detectors.training_set import TrainingSet

__all__ = [
    "KINDS",
    "AnomalyMaps",
    "Detector",
    "DetectorParams",
    "FitsFolds",
    "HeldOut",
    "MapDetector",
    "PatchCore",
    "PatchCoreParams",
    "Tiled",
    "TrainingSet",
    "cross_fit",
    "cut_training",
    "detector_class",
    "image_scores",
    "load_detector",
    "unfitted",
    "upsample_and_blur",
]

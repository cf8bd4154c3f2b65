"""One way to get a pretrained feature extractor, wherever its weights come from.

Each gives maps at named feature levels; what a network is called decides where it is got.
"""

from vadline.backbones.building import build_extractor, check_backbone
from vadline.backbones.device import TRAINING_THREADS, fixed_threads, pick_device, usual_batch
from vadline.backbones.extractor import FeatureExtractor
from vadline.backbones.params import BackboneParams
from vadline.backbones.remembering import FOLDER, remembering, without_memory
from vadline.backbones.sharing import share_passes

__all__ = [
    "FOLDER",
    "TRAINING_THREADS",
    "BackboneParams",
    "FeatureExtractor",
    "build_extractor",
    "check_backbone",
    "fixed_threads",
    "pick_device",
    "remembering",
    "share_passes",
    "usual_batch",
    "without_memory",
]

"""One way to get a pretrained feature extractor: bundled, by timm's name, or from a local file."""

from vadline.backbones.device import pick_device
from vadline.backbones.extractor import FeatureExtractor, build_extractor

__all__ = ["FeatureExtractor", "build_extractor", "pick_device"]

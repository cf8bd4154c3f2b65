"""The fitted line as an inspector of new photographs.

`Inspector.load(path).inspect(images)` is all that it takes: the same score, decision and mask as in
the run that left the bundle.
"""

from vadline.inspection.bundle import Bundle, made_by, read_bundle, write_bundle
from vadline.inspection.card import model_card
from vadline.inspection.drivers import drivers, usual_features
from vadline.inspection.inspector import Inspector
from vadline.inspection.params import InspectParams
from vadline.inspection.result import Defect, Inspection

__all__ = [
    "Bundle",
    "Defect",
    "InspectParams",
    "Inspection",
    "Inspector",
    "drivers",
    "made_by",
    "model_card",
    "read_bundle",
    "usual_features",
    "write_bundle",
]

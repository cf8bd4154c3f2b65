"""The probe: classifiers on frozen features, for which a handful of known bad parts will do.

`features` describes parts, `classifier` is one member, `probe` all of them, `model` keeps them.
"""

from vadline.probe.features import PartFeatures
from vadline.probe.model import load_probe, pretrained, probe_features, probe_state
from vadline.probe.params import ProbeParams
from vadline.probe.probe import Probe

__all__ = [
    "PartFeatures",
    "Probe",
    "ProbeParams",
    "load_probe",
    "pretrained",
    "probe_features",
    "probe_state",
]

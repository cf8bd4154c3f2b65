"""From honest scores to decisions: thresholds, probabilities, and whether the light has changed.

Every score here is of a part that the detector did not learn from, higher = more anomalous.
"""

from vadline.calibration.conformal import Promise, conformal_rank, promise
from vadline.calibration.decisions import Calibration, calibrate, in_words
from vadline.calibration.drift import DriftCheck, DriftVerdict, fit_drift
from vadline.calibration.outcomes import OUTCOMES, outcomes
from vadline.calibration.photographs import photograph_statistics, typical_anomaly
from vadline.calibration.probability import Probability, fit_probability
from vadline.calibration.rates import RATES, thresholds_table
from vadline.calibration.wrong import wrong_decisions

__all__ = [
    "OUTCOMES",
    "RATES",
    "Calibration",
    "DriftCheck",
    "DriftVerdict",
    "Probability",
    "Promise",
    "calibrate",
    "conformal_rank",
    "fit_drift",
    "fit_probability",
    "in_words",
    "outcomes",
    "photograph_statistics",
    "promise",
    "thresholds_table",
    "typical_anomaly",
    "wrong_decisions",
]

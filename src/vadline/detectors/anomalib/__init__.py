"""Detectors that anomalib trains; imported only when a line asks for one.

Its models, data and weights are adapted here; the extra `[anomalib]` brings it.
"""

import importlib.util

from vadline.errors import VadlineError

if importlib.util.find_spec("anomalib") is None:
    raise VadlineError(
        "The kinds fastflow, rd4ad, efficientad and anomalib need anomalib: "
        'pip install "vadline[anomalib]"'
    )

"""Detectors that anomalib trains; imported only when a line asks for one."""

import importlib.util

from vadline.errors import VadlineError

if importlib.util.find_spec("anomalib") is None:
    raise VadlineError(
        "The kinds fastflow, rd4ad, efficientad and anomalib need anomalib: "
        'pip install "vadline[anomalib]"'
    )

"""Detectors that learn from known bad parts, the papers' supervised comparators.

WRN and DevNet, and what these share with DRA and PRNet, which have rooms of their own.
"""

from vadline.detectors.supervised.params import SupervisedParams

__all__ = ["SupervisedParams"]

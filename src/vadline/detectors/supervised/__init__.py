"""Detectors that learn from known bad parts, the papers' supervised comparators."""

from vadline.detectors.supervised.params import SupervisedParams

__all__ = ["SupervisedParams"]

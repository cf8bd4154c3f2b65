"""Decoding, resizing, the arrays on disk, masks and regions of interest.

Files are opened here and nowhere else: later stages see arrays.
"""

from vadline.images.params import ImageParams
from vadline.images.region import Region
from vadline.images.report import told_left_out, with_left_out
from vadline.images.roi import read_region
from vadline.images.store import ingest

__all__ = ["ImageParams", "Region", "ingest", "read_region", "told_left_out", "with_left_out"]

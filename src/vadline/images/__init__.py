"""Decoding, resizing, the memory-mapped image store, masks and regions of interest."""

from vadline.images.roi import load_roi
from vadline.images.store import Ingested, ingest

__all__ = ["Ingested", "ingest", "load_roi"]

"""Where images come from: one adapter per source, one manifest for all."""

from vadline.sources.manifest import COLUMNS, Record, is_unseen
from vadline.sources.registry import SOURCES, read_source

__all__ = ["COLUMNS", "SOURCES", "Record", "is_unseen", "read_source"]

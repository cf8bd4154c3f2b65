"""Where images come from: one adapter per source, one manifest for all.

A source lists photographs and what is known of them; it opens none.
"""

from vadline.sources.arrivals import changes_since
from vadline.sources.manifest import COLUMNS, Record, is_unseen
from vadline.sources.params import SourceParams
from vadline.sources.reading import read_source
from vadline.sources.registry import SOURCES
from vadline.sources.reviews import apply_verdicts, take_in

__all__ = [
    "COLUMNS",
    "SOURCES",
    "Record",
    "SourceParams",
    "apply_verdicts",
    "changes_since",
    "is_unseen",
    "read_source",
    "take_in",
]

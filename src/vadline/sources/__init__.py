"""Where images come from: one adapter per source, one manifest for all.

A source lists photographs and what is known of them; it opens none.
"""

from vadline.sources.arrivals import changes_since
from vadline.sources.manifest import COLUMNS, LeftOut, Listing, Record, is_unseen
from vadline.sources.params import SourceParams
from vadline.sources.reading import list_source, read_source
from vadline.sources.registry import SOURCES
from vadline.sources.reviews import apply_verdicts, take_in

__all__ = [
    "COLUMNS",
    "SOURCES",
    "LeftOut",
    "Listing",
    "Record",
    "SourceParams",
    "apply_verdicts",
    "changes_since",
    "is_unseen",
    "list_source",
    "read_source",
    "take_in",
]

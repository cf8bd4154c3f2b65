"""The row that every source of images is brought to, and the columns of the manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from vadline.errors import VadlineError

GOOD = "good"
BAD = "bad"
TRAIN = "train"
TEST = "test"
UNASSIGNED = "unassigned"
UNSEEN_PREFIX = "unseen:"

COLUMNS = (
    "image_id",
    "path",
    "label",
    "defect",
    "mask_path",
    "source_split",
    "category",
    "low_shot",
    "width",
    "height",
    "sha256",
    "reviewed",
)


@dataclass(frozen=True)
class Record:
    """One photograph as its source describes it, before its file has been opened.

    Attributes
    ----------
    image_id : str
        Unique within a source: the path below the root, posix, without suffix.
    path : Path
        The image file.
    label : str
        ``"good"`` or ``"bad"``.
    defect : str
        The kind of defect; ``"good"`` for good parts; ``"unseen:<kind>"`` where the source
        keeps the kind out of its training part.
    mask_path : Path or None
        The pixel mask (non-zero = defect), or a folder of several that mark it together; None
        for good parts and where the mask is unknown.
    source_split : str
        ``"train"``, ``"test"`` or, where the source makes no split, ``"unassigned"``.
    category : str
        The product.
    low_shot : str
        The comma-joined keys (seeds) of the source's low-shot lists that name this image.
    reviewed : bool
        Whether a person has said that it is good or bad: see :mod:`vadline.sources.reviews`.

    Raises
    ------
    VadlineError
        On another label or split.
    """

    image_id: str
    path: Path
    label: str
    defect: str
    mask_path: Path | None
    source_split: str
    category: str
    low_shot: str = ""
    reviewed: bool = False

    def __post_init__(self) -> None:
        wrong = self.label not in (GOOD, BAD), self.source_split not in (TRAIN, TEST, UNASSIGNED)
        if any(wrong):
            raise VadlineError(
                f"the source calls {self.path} {self.label!r} and {self.source_split!r}: it must be"
                " good or bad, and train, test or unassigned"
            )


@dataclass(frozen=True)
class LeftOut:
    """A file below the root that is no part of the source, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Listing:
    """All that a source lists, and what it leaves out."""

    records: list[Record]
    left_out: list[LeftOut] = field(default_factory=list)


def is_unseen(defect: str) -> bool:
    """Say whether a defect kind is one that the source keeps out of its training part."""
    return defect.startswith(UNSEEN_PREFIX)


def common_hash(manifest: pd.DataFrame) -> str:
    """Tell the photographs of a manifest from others, whatever their order: 16 hex digits."""
    hashes = pd.util.hash_pandas_object(manifest["sha256"], index=False)
    return f"{int(hashes.sum()) & 0xFFFFFFFFFFFFFFFF:016x}"

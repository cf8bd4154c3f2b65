"""What folders are called: good parts, bad ones, masks, test parts, dates and shifts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from vadline.sources.manifest import BAD, GOOD, TEST, TRAIN

GOOD_NAMES = frozenset(
    ("good", "goods", "ok", "okay", "io", "pass", "passed", "normal", "accept", "accepted")
)
BAD_NAMES = frozenset(
    (
        *("bad", "ng", "nok", "nio", "notok", "notgood", "fail", "failed", "reject", "rejected"),
        *("scrap", "defect", "defects", "defective", "anomaly", "anomalous", "abnormal"),
    )
)
MASK_NAMES = frozenset(("mask", "masks", "groundtruth", "gt"))
# Below a folder of parts "mask" and "gt" may be kinds of defects.
_MASK_NAMES_BELOW = frozenset(("masks", "groundtruth"))
_SPLITS = (TRAIN, TEST)

_UNSAFE = re.compile(r"[^\w .-]")
_SEPARATORS = re.compile(r"[-_. ]")
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_YEAR = "(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"{_YEAR}$"
    rf"|(?:{_YEAR}[-_. ]?{_MONTH}(?:[-_. ]?{_DAY}(?:[0-9]{{4}}|[0-9]{{6}})?)?"
    rf"|{_YEAR}[-_. ]?w[0-9]{{2}}"
    rf"|[0-9]{{1,2}}[-_. ][0-9]{{1,2}}[-_. ]{_YEAR})(?:$|[^0-9a-z]|t[0-9])"
)
_SHIFT = re.compile(
    "(?:early|late|night|day|morning|afternoon|evening)(?:[-_. ]?shift)?"
    "|(?:first|second|third|[0-9](?:st|nd|rd)?)[-_. ]?shift"
    "|shift(?:[-_. ]?[0-9]{1,2}|[-_. ][a-d])"
)


@dataclass(frozen=True)
class Place:
    """What the folders above a file say of it.

    Attributes
    ----------
    split : str or None
        ``"train"`` or ``"test"``, if a folder says so.
    label : str or None
        ``"good"`` or ``"bad"``, if a folder says so.
    above, below : tuple of str
        All other folders, above and below the one that says the label.
    mask : bool
        Whether a folder of masks is among them.
    """

    split: str | None
    label: str | None
    above: tuple[str, ...]
    below: tuple[str, ...]
    mask: bool

    @property
    def rest(self) -> tuple[str, ...]:
        """The folders that say neither split, label nor mask."""
        return self.above + self.below

    def kind(self) -> str:
        """Return the kind of a bad part: its first folder that is no date and no shift."""
        return next(iter(without_dates(self.below)), BAD)


@dataclass(frozen=True)
class Names:
    """The folders that make parts good or bad: the usual names, or those of the user.

    Attributes
    ----------
    good, bad : tuple of str, optional
        Paths of folders, as they may follow ``train``, ``test`` and dates; they replace the usual
        names.
    """

    good: tuple[str, ...] | None = None
    bad: tuple[str, ...] | None = None

    def place(self, folders: tuple[str, ...]) -> Place:
        """Understand the folders of a file, from the root down."""
        split: str | None = None
        above: list[str] = []
        mask = False
        for number, folder in enumerate(folders):
            if found := self._label(folders[number:]):
                label, length = found
                after = folders[number + length :]
                if split is None and after and after[0].casefold() in _SPLITS:
                    split, after = after[0].casefold(), after[1:]
                below = tuple(x for x in after if plain(x) not in _MASK_NAMES_BELOW)
                return Place(split, label, tuple(above), below, mask or below != after)
            if split is None and folder.casefold() in _SPLITS:
                split = folder.casefold()
            elif plain(folder) in MASK_NAMES:
                mask = True
            else:
                above.append(folder)
        return Place(split, None, tuple(above), (), mask)

    def contradict(self, place: Place) -> bool:
        """Tell whether a folder below says the contrary, or calls a kind of defect good."""
        others = GOOD_NAMES if place.label == BAD else BAD_NAMES
        return any(plain(folder) in others for folder in place.below)

    def _label(self, folders: tuple[str, ...]) -> tuple[str, int] | None:
        """Return the label that folders begin with, and how many of them say it."""
        for label, own in ((GOOD, self.good), (BAD, self.bad)):
            for name in own or ():
                parts = tuple(part.casefold() for part in PurePath(name).parts)
                if parts == tuple(folder.casefold() for folder in folders[: len(parts)]):
                    return label, len(parts)
        for label, own, usual in ((GOOD, self.good, GOOD_NAMES), (BAD, self.bad, BAD_NAMES)):
            if own is None and plain(folders[0]) in usual:
                return label, 1
        return None


def safe(name: str) -> str:
    """Put an underscore for each character that may not be in the name of a product."""
    return _UNSAFE.sub("_", name)


def plain(name: str) -> str:
    """Write a name without case, spaces, dots, hyphens and underscores."""
    return _SEPARATORS.sub("", name.casefold())


def label_of(name: str) -> str | None:
    """Return the label that one of the usual names stands for."""
    word = plain(name)
    return GOOD if word in GOOD_NAMES else BAD if word in BAD_NAMES else None


def without_dates(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out of folders what sorts parts by time.

    That is a folder whose name begins with a date or is a year, folders of digits only below it
    (months, days, hours), and shifts.
    """
    kept, dated = [], False
    for folder in folders:
        name = folder.casefold()
        if _DATE.match(name) or (dated and name.isdigit()):
            dated = True
        elif not _SHIFT.fullmatch(name):
            kept.append(folder)
    return tuple(kept)

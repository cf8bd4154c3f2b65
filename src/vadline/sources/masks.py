"""Which mask belongs to which bad part, by the names of files and folders."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vadline.sources.manifest import GOOD, LeftOut
from vadline.sources.names import Place

_ENDING = re.compile(r"[-_ .](?:mask|gt)$", re.IGNORECASE)

Key = Callable[["Spot"], Hashable]


@dataclass(frozen=True)
class Spot:
    """A file, a part or a mask, with what its folders say and its name without suffix."""

    path: Path
    place: Place
    stem: str


# The ways of naming, the most telling first: of a part, and of masks that name no more.
_WAYS: tuple[tuple[Key, Callable[[Spot], bool]], ...] = (
    (lambda s: (s.place.split, s.place.label, s.place.rest, s.stem), lambda m: True),
    (lambda s: (s.place.split, s.place.rest, s.stem), lambda m: m.place.label is None),
    (lambda s: (s.place.label, s.place.rest, s.stem), lambda m: m.place.split is None),
    (
        lambda s: (s.place.rest, s.stem),
        lambda m: m.place.label is None and m.place.split is None,
    ),
)


def without_ending(stem: str) -> str:
    """Take ``_mask`` (``-mask``, ``_gt``) from the end of a name."""
    return _ENDING.sub("", stem)


def beside_parts(spots: Iterable[Spot]) -> list[Spot]:
    """Find the masks that lie beside their photographs: ``x_mask.png`` beside ``x.png``.

    Returns
    -------
    list of Spot
        Their stem is the photograph's.
    """
    spots = list(spots)
    names = {(spot.path.parent, spot.stem) for spot in spots}
    found = []
    for spot in spots:
        stem = without_ending(spot.stem)
        if stem != spot.stem and (spot.path.parent, stem) in names:
            found.append(Spot(spot.path, spot.place, stem))
    return found


def match_masks(
    parts: Sequence[Spot], masks: Sequence[Spot]
) -> tuple[dict[Path, Path], list[LeftOut]]:
    """Give each bad part its mask.

    A mask carries the name of its part, with ``_mask`` or without and with any suffix, and lies
    below the same folders; the folders of split and label may be missing. The last resort is a
    name that only one part has. A mask that fits several parts is given to none.

    Returns
    -------
    masks : dict
        Of the paths of parts to those of masks.
    left_out : list of LeftOut
        The masks that are not used.
    """
    given: dict[Path, Path] = {}
    reasons: dict[Path, str] = {}
    for key, counts in (*_WAYS, (_by_name_alone(parts, masks), _is_flat)):
        wanting = _grouped((part for part in parts if part.path not in given), key)
        unused = (mask for mask in masks if mask.path not in reasons and counts(mask))
        offered = _grouped(unused, key)
        for name in (wanting.keys() & offered.keys()) - {None}:
            fitting = wanting[name]
            if len({(part.place.split, part.place.rest) for part in fitting}) > 1:
                continue
            mask, *more = sorted(offered[name], key=lambda m: m.path.as_posix())
            given |= dict.fromkeys([part.path for part in fitting], mask.path)
            reasons[mask.path] = ""
            reasons |= {m.path: f"{mask.path.name} is the mask of its part" for m in more}
    reasons = {mask.path: reasons.get(mask.path, _misfit(mask)) for mask in masks}
    return given, [LeftOut(path, reason) for path, reason in reasons.items() if reason]


def _grouped(spots: Iterable[Spot], key: Key) -> dict[Hashable, list[Spot]]:
    groups = defaultdict(list)
    for spot in spots:
        groups[key(spot)].append(spot)
    return groups


def _by_name_alone(parts: Sequence[Spot], masks: Sequence[Spot]) -> Key:
    """Make the last resort's key: a name that is one part's and one mask's; None for others."""
    counts = [Counter(spot.stem for spot in spots) for spots in (parts, masks)]
    once = {stem for stem in counts[0] if counts[0][stem] == counts[1][stem] == 1}
    return lambda spot: spot.stem if spot.stem in once else None


def _is_flat(mask: Spot) -> bool:
    return mask.place.label != GOOD and mask.place.split is None and not mask.place.rest


def _misfit(mask: Spot) -> str:
    if mask.place.label == GOOD:
        return "a mask of a good part, which has no defect"
    return (
        "a mask that fits no bad part, or several: of bad/x.png it is masks/bad/x.png, or "
        "x_mask.png beside it"
    )

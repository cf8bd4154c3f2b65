"""The parts that are worth a look, each with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vadline.calibration.outcomes import REJECT
from vadline.report.data import Picture, ReportData, ReportSize
from vadline.report.heat import Heat
from vadline.report.nearest import nearest_goods
from vadline.report.numbers import threshold_in_use
from vadline.report.pictures import (
    FOUND,
    MARKED,
    Window,
    cropped,
    fitted,
    heated,
    jpeg,
    outlined,
    window_around,
)
from vadline.sources.manifest import BAD, GOOD

_WIDE = 2.0  # times as wide as high: pictures stand one below the other
_GOODS = (
    "Good parts with the highest scores",
    "Known to be good, and most like bad ones to the line: those above the threshold are rejected "
    "in vain. Is the label right? If so, more good parts like these teach the line to pass them.",
)
_BADS = (
    "Bad parts that were missed or came closest to pass",
    "Known to be bad, the lowest scores first: those below the threshold are missed. Does the "
    "photograph show the defect at all? More known bad parts like these teach the line to see it.",
)
_REJECTED = (
    "Rejected parts with the highest scores",
    "Nobody has labelled these. Where the line is wrong, mark the part as really good.",
)
_NEAR = (
    "Parts that just passed",
    "Not rejected, those nearest to the threshold first. Where the line is wrong, mark the part as "
    "really bad.",
)


@dataclass(frozen=True)
class Card:
    """One part: ``part``, its row of the decisions, and pictures as data URIs, "" for none."""

    part: dict[str, Any]
    photograph: str
    heat: str
    close_up: str
    wide: bool
    nearest: str
    nearest_name: str
    place: float | None
    threshold_place: float | None


@dataclass(frozen=True)
class CardGroup:
    """Cards under one heading."""

    title: str
    hint: str
    cards: list[Card]


def make_cards(
    data: ReportData,
    decisions: pd.DataFrame,
    heat: Heat | None,
    ends: tuple[float, float],
    size: ReportSize,
) -> list[CardGroup]:
    """Make the cards of all groups; ``decisions`` as `numbers.completed` gives them."""
    groups = choose(decisions, size.cards)
    shown = pd.concat([table for _, table in groups]) if groups else decisions.head(0)
    beside = _beside(data, shown, size.picture)
    limit = threshold_in_use(decisions)
    made = []
    for (title, hint), table in groups:
        cards = []
        for at, part in zip(table.index, table.to_dict("records"), strict=True):
            row = int(part["row"])
            whole, looked = data.pictures.photograph(row), _look(data, heat, row)
            photograph = fitted(whole, size.picture)
            nearest, name = beside.get(at, ("", ""))
            cards.append(
                Card(
                    part,
                    jpeg(photograph, size.picture),
                    _explained(photograph, heat, looked),
                    _close_up(whole, heat, looked, size.picture),
                    photograph.shape[1] > _WIDE * photograph.shape[0],
                    nearest,
                    name,
                    _place(part["score"], ends),
                    _place(limit, ends),
                )
            )
        made.append(CardGroup(title, hint, cards))
    return made


def choose(decisions: pd.DataFrame, most: int) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Choose at most ``most`` parts, by their distance to the threshold, in groups of like size.

    Returns
    -------
    list of pairs
        A heading with its explanation, and rows of the frame; no group is empty.
    """
    scored = decisions[decisions["score"].notna()]
    falling = scored.sort_values("score", ascending=False, kind="stable")
    goods, bads, unknown = (falling[falling["label"] == label] for label in (GOOD, BAD, ""))
    rejected = unknown["decision"] == REJECT
    tables = [
        (_GOODS, goods),
        (_BADS, bads[::-1]),
        (_REJECTED, unknown[rejected]),
        (_NEAR, unknown[~rejected]),
    ]
    tables = [(words, table) for words, table in tables if len(table)]
    left = most
    chosen: dict[int, pd.DataFrame] = {}
    # Those with the fewest parts first: what they do not need, the others get.
    for index in sorted(range(len(tables)), key=lambda i: len(tables[i][1])):
        share = left // (len(tables) - len(chosen))
        chosen[index] = tables[index][1].head(share)
        left -= len(chosen[index])
    kept = [(words, chosen[index]) for index, (words, _) in enumerate(tables)]
    return [(words, table) for words, table in kept if len(table)]


def _beside(data: ReportData, shown: pd.DataFrame, side: int) -> dict[int, tuple[str, str]]:
    """Return, by index, the picture and the name of the nearest good part."""
    if data.goods is None:
        return {}
    goods, names = data.goods, [str(name) for name in shown["image_id"]]
    photographs = [data.pictures.photograph(int(row)) for row in shown["row"]]
    found = {}
    for at, position in zip(shown.index, nearest_goods(photographs, names, goods), strict=True):
        if position is not None:
            picture = goods.images[int(goods.rows[position])]
            found[at] = (jpeg(picture, side), goods.names[position])
    return found


class _Looked(NamedTuple):
    """A part's anomaly map, and the masks that a person and the line have drawn."""

    anomaly_map: NDArray[np.float32] | None
    masks: tuple[NDArray[np.bool_] | None, ...]


def _look(data: ReportData, heat: Heat | None, row: int) -> _Looked:
    anomaly_map = None if heat is None else data.pictures.heat(row)
    return _Looked(anomaly_map, data.pictures.masks(row))


def _close_up(whole: Picture, heat: Heat | None, looked: _Looked, side: int) -> str:
    """Return what looks oddest pixel by pixel, where the whole has to be made small; or ""."""
    if looked.anomaly_map is None or min(whole.shape[:2]) < 2 * side:
        return ""
    window = window_around(looked.anomaly_map, side / np.array(whole.shape[:2]))
    return _explained(cropped(whole, window), heat, looked, window)


def _explained(
    photograph: Picture,
    heat: Heat | None,
    looked: _Looked,
    window: Window = ((0, 0), (1, 1)),
) -> str:
    """Return a part of the photograph with heat and outlines; "" where there is nothing to say."""
    anomaly_map, masks = looked
    if anomaly_map is None and not any(mask is not None for mask in masks):
        return ""
    drawn = photograph
    if heat is not None and anomaly_map is not None:
        drawn = heated(photograph, heat(cropped(anomaly_map, window)))
    for mask, colour in zip(masks, (MARKED, FOUND), strict=True):
        if mask is not None and (seen := cropped(mask, window)).any():
            drawn = outlined(drawn, seen, colour)
    return jpeg(drawn, max(photograph.shape[:2]))


def _place(value: float, ends: tuple[float, float]) -> float | None:
    """Return where a score stands on the axis, in per cent."""
    if not np.isfinite(value):
        return None
    return float(np.clip(100 * (value - ends[0]) / (ends[1] - ends[0]), 0, 100))

"""A run's outcome in plain words."""

from __future__ import annotations

import math
from datetime import datetime

import pandas as pd

from vadline.calibration.outcomes import ACCEPT, REJECT
from vadline.sources.manifest import BAD, GOOD


def moment(when: datetime) -> str:
    """Write a date and time as it is to be read."""
    return f"{when.day} {when:%B %Y, %H:%M}"


def summary(decisions: pd.DataFrame) -> list[str]:
    """Say what was inspected, and how the decisions agree with what is known.

    Parameters
    ----------
    decisions : DataFrame
        As `vadline.report.numbers.completed` gives them.

    Returns
    -------
    list of str
        One to three sentences.
    """
    labels = decisions["label"]
    goods, bads = decisions[labels == GOOD], decisions[labels == BAD]
    unknown = len(decisions) - len(goods) - len(bads)
    sizes = [(len(goods), "good"), (len(bads), "known bad")]
    if len(goods) or len(bads):
        sizes.append((unknown, "without a label"))
        known = ", ".join(f"{count} {words}" for count, words in sizes if count)
        said = [f"{_parts(len(decisions))} inspected: {known}."]
    else:
        said = [f"{_parts(len(decisions))} inspected; nobody has labelled them."]
    if len(goods):
        rejected = int((goods["decision"] == REJECT).sum())
        said.append(f"{_of(rejected, len(goods), 'good')} rejected.")
    if len(bads):
        caught = int((bads["decision"] == REJECT).sum())
        missed = int((bads["decision"] == ACCEPT).sum())
        said.append(f"{_of(caught, len(bads), 'bad')} caught, {missed or 'none'} accepted.")
    return said


def share(part: int, whole: int) -> str:
    """Write a share for people: 9 of 200 is "4.5 %"; a dash of nothing."""
    return unbroken(f"{100 * part / whole:.1f} %") if whole and math.isfinite(part) else "–"


def unbroken(text: str) -> str:
    """Keep numbers and their per cent signs on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _of(some: int, whole: int, kind: str) -> str:
    parts = f"{some} of {whole} {kind} part{'' if whole == 1 else 's'} ({share(some, whole)})"
    return f"{parts} {'is' if some == 1 else 'are'}"


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count:,} parts"

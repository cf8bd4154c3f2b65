"""What a person reads at the end of a run: what was wrong, and where the results are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import rich
from rich.console import Console
from rich.text import Text

_WIDTH = 120  # of what is no terminal
_ROWS = 10
_FILES = {
    "report.html": "the report, to open in a browser or to send",
    "decisions.csv": "score, decision and reason of every part",
    "inspector.zip": "judges new photographs: vadline inspect FOLDER",
    "inspection.html": "the report on the inspected parts",
    "inspection.csv": "score, decision and reason of each inspected part",
}
_FOLDERS = {
    "parts": "mask, map and overlay of each rejected part",
    "inspected": "the same of inspected parts",
    "tables": "",
    "figures": "",
}


def console() -> Console:
    """Return the console that logging writes to."""
    shared = rich.get_console()
    if not shared.is_terminal:
        shared.width = _WIDTH
    return shared


def tell_wrong(wrong: pd.DataFrame, place: Path, drawn: Path, bads: bool = True) -> None:
    """Print the parts that the threshold in use gets wrong, the first ten of each half.

    Parameters
    ----------
    wrong : DataFrame
        As :func:`vadline.calibration.wrong_decisions` gives it, and ``picture``.
    place : Path
        Of the results.
    drawn : Path
        Whose pictures the results show in ``parts``.
    bads : bool
        Whether any bad part is known.
    """
    missed, rejected = (int((wrong["wrong"] == kind).sum()) for kind in ("missed", "rejected"))
    if not len(wrong):
        told = "every bad part is rejected, and no good one"
        if not bads:
            told = "no good part is rejected; none is known to be bad"
        _say(f"No wrong decision: {told}.")
        return
    counts = f"{_count(missed, 'bad')} missed, {_count(rejected, 'good')} rejected"
    _say(f"Wrong decisions: {counts}")
    some = _both(wrong, missed)
    rows = [("part", "kind", "score", "threshold", "probability", "picture")]
    for row in some.itertuples():
        picture = Path(row.picture)
        if picture.is_relative_to(drawn):
            picture = place / "parts" / picture.relative_to(drawn)
        numbers = (f"{value:.3g}" for value in (row.score, row.threshold, row.probability))
        rows.append((f"{row.wrong} {row.image_id}", row.kind, *numbers, near(picture)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        _say("  ".join(padded).rstrip())
    if len(wrong) > len(some):
        rest = len(wrong) - len(some)
        _say(f"... and {rest} more in {near(place / 'tables' / 'wrong_decisions.csv')}")


def tell_where(place: Path) -> None:
    """Print where the results are: each of the paths is there."""
    _say(f"Results, always the newest, in {near(place)}:")
    there = {near(place / name): what for name, what in _FILES.items() if (place / name).exists()}
    width = max(map(len, there), default=0)
    for path, what in there.items():
        _say(f"  {path.ljust(width)}  {what}")
    folders = (
        f"{name}/ ({what})" if what else f"{name}/"
        for name, what in _FOLDERS.items()
        if (place / name).is_dir()
    )
    _say(f"  and {', '.join(folders)}")


def near(path: Path) -> str:
    """Write a path as a command here would: relative where it is below the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _both(wrong: pd.DataFrame, missed: int) -> pd.DataFrame:
    """Leave ten rows at most, of both kinds if there are both."""
    goods = len(wrong) - missed
    first = min(missed, max(_ROWS // 2, _ROWS - goods))
    return pd.concat([wrong.iloc[:first], wrong.iloc[missed : missed + _ROWS - first]])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _say(text: str) -> None:
    console().print(Text(text), soft_wrap=True)

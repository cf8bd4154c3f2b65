"""Two runs side by side: what became of their numbers, their settings and their decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from vadline.metrics.table_rows import LOWER_IS_BETTER, UNRANKED
from vadline.metrics.tables import format_cell
from vadline.report.decided import decided_table
from vadline.report.tables import TITLES

COMPARED = ("decisions", "detection", "segad", "refinement")
_BETTER_LOWER = (*LOWER_IS_BETTER, "goods_rejected", "for_review")
_NOTHING = "–"


@dataclass(frozen=True)
class RunResult:
    """What there is of a run to compare.

    Attributes
    ----------
    name : str
        Tells the run from the other one.
    made : str
        When, as it is to be read.
    product : str
    photographs : str
        The common hash of its photographs; "" where it is not known.
    settings : mapping
        Parameters by their dotted names; empty where they are not known.
    tables : mapping
        Any of ``detection``, ``segad`` and ``refinement``, with a column ``row``.
    decisions : DataFrame or None
        As in ``decisions.csv``.
    page : str
        Its report, HTML; "" for none.
    missing : tuple of str
        Files that it has not left.
    """

    name: str
    made: str
    product: str
    photographs: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    decisions: pd.DataFrame | None = None
    page: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One number of both runs in words, their difference, and whether that is better or worse."""

    before: str
    after: str
    difference: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class TablePair:
    """A table of both runs: rows of (name, cells)."""

    name: str
    title: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


def compare_tables(first: RunResult, second: RunResult) -> list[TablePair]:
    """Lay the tables that either run has side by side; a row or column of one alone is kept."""
    ours, theirs = _tables(first), _tables(second)
    empty = pd.DataFrame()
    pairs = []
    for name in COMPARED:
        before, after = ours.get(name, empty), theirs.get(name, empty)
        columns = list(dict.fromkeys([*before.columns, *after.columns]))
        rows = list(dict.fromkeys([*before.index, *after.index]))
        if not rows:
            continue
        cells = [
            (str(row), [_cell(str(c), _at(before, row, c), _at(after, row, c)) for c in columns])
            for row in rows
        ]
        title = TITLES[name][0] if name in TITLES else "Decisions"
        pairs.append(TablePair(name, title, [str(column) for column in columns], cells))
    return pairs


def differing_settings(first: RunResult, second: RunResult) -> list[tuple[str, str, str]]:
    """Return name and both values of each setting that is not the same in both runs."""
    if not first.settings or not second.settings:
        return []
    names = sorted({*first.settings, *second.settings})
    both = [(n, first.settings.get(n, _NOTHING), second.settings.get(n, _NOTHING)) for n in names]
    return [setting for setting in both if setting[1] != setting[2]]


def disagreements(first: RunResult, second: RunResult) -> pd.DataFrame:
    """Find the parts of both runs that these have decided on in different ways.

    Returns
    -------
    DataFrame
        ``image_id, label, defect``, and ``decision``, ``score`` and ``threshold`` of each with the
        suffixes ``_first`` and ``_second``; those whose label one of the two has missed come first.
    """
    columns = ["image_id", "decision", "score", "threshold"]
    if first.decisions is None or second.decisions is None:
        return pd.DataFrame(columns=columns)
    known = [name for name in ("label", "defect") if name in second.decisions]
    both = first.decisions[columns].merge(
        second.decisions[[*columns, *known]], on="image_id", suffixes=("_first", "_second")
    )
    other = both[both["decision_first"] != both["decision_second"]].fillna({"label": ""})
    return other.sort_values(["label", "score_second"], ascending=[True, False], ignore_index=True)


def warnings(first: RunResult, second: RunResult) -> list[str]:
    """Say what keeps the two runs from being compared number by number."""
    said = []
    if first.product != second.product:
        said.append(
            f"These are runs of different products, {first.product} and {second.product}: their "
            "numbers are of different parts."
        )
    elif first.photographs != second.photographs and first.photographs and second.photographs:
        said.append("The two runs have seen different photographs of this product.")
    for run, other in ((first, second), (second, first)):
        alone = [file for file in run.missing if file not in other.missing]
        said += [f"{run.name} has no {file}: it is shown of the other run alone." for file in alone]
    return said


def _tables(run: RunResult) -> dict[str, pd.DataFrame]:
    tables = {name: table.set_index("row") for name, table in run.tables.items()}
    if run.decisions is not None:
        tables["decisions"] = decided_table(run.decisions)
    return tables


def _at(table: pd.DataFrame, row: object, column: object) -> float:
    there = row in table.index and column in table.columns
    return float(table.loc[row, column]) if there else math.nan


def _cell(column: str, before: float, after: float) -> Cell:
    words = format_cell(column, before), format_cell(column, after)
    change = after - before
    if math.isnan(change) or words[0] == words[1]:
        return Cell(*words)
    told = f"{'+' if change > 0 else '−'}{format_cell(column, abs(change))}"
    if column in UNRANKED:
        return Cell(*words, told)
    better = (change < 0) == column.startswith(_BETTER_LOWER)
    return Cell(*words, told, "better" if better else "worse")

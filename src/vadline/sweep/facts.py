"""Published figures, one by one or as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field

_AXES = {"metrics": "metric", "products": "product", "arms": "arm"}


class Fact(BaseModel, extra="forbid", frozen=True):
    """A published figure."""

    source: str = Field(description="Where it stands.")
    row: str = Field(description="Of a table, as the line names it, or any other name.")
    metric: str
    value: float = Field(description="In per cent, or as the table has it where it has none.")
    sd: float | None = Field(None, description="The printed standard deviation.")
    product: str = Field("", description="None for the mean of all.")
    arm: str = ""
    table: str = Field("", description="Which it stands beside; none for each that has its metric.")


def one_by_one(entries: Any) -> Any:
    """Take tables of facts apart; single facts, and mistakes, stay as they are.

    A table has ``rows``, each a list of figures (``88.3``, ``88.3 ± 0.3``, or null for none), and
    one of ``metrics``, ``products`` and ``arms``, which say what its columns are.

    Raises
    ------
    ValueError
        If a table has no such columns, or a row has more or fewer figures than these.
    """
    if not isinstance(entries, list):
        return entries
    found: list[Any] = []
    for entry in entries:
        found += _facts(entry) if isinstance(entry, dict) and "rows" in entry else [entry]
    return found


def _facts(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    axes = [name for name in _AXES if name in table]
    if len(axes) != 1 or not isinstance(table["rows"], dict):
        raise ValueError("a table has rows, by their names, and one of metrics, products and arms")
    columns = table[axes[0]]
    shared = {key: value for key, value in table.items() if key not in ("rows", axes[0])}
    for row, figures in table["rows"].items():
        if len(figures) != len(columns):
            raise ValueError(f"{row} has {len(figures)} figures for {len(columns)} {axes[0]}")
        for column, figure in zip(columns, figures, strict=True):
            if figure is not None:
                value, _, sd = str(figure).partition("±")
                told = {"row": row, "value": value, "sd": sd or None}
                yield {**shared, **told, _AXES[axes[0]]: column}

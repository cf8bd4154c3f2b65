"""Compares two runs: a page, and a short table on the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vadline.metrics.tables import is_kind_row
from vadline.report import RunResult, compare_tables, disagreements, render_comparison, warnings
from vadline.run.past_runs import open_store, two_runs

_SHOWN = {
    "decisions": ("bads_caught", "goods_rejected"),
    "detection": ("image_auroc", "fpr_at_95tpr"),
    "segad": ("image_auroc", "fpr_at_95tpr"),
    "refinement": ("iou",),
}
_COLOURS = {"better": "green", "worse": "red", "": "default"}


def compare_runs(
    names: Sequence[str], project: Path, out: Path | None = None, env: str | None = None
) -> Path:
    """Compare two runs on a page, and tell the main numbers on the terminal.

    Parameters
    ----------
    names : sequence of str
        As for :func:`vadline.run.past_runs.two_runs`.
    project : Path
        Its configuration says where MLflow's store is.
    out : Path, optional
        The page's file; below ``data/08_reporting/comparisons`` by default.
    env : str, optional
        Kedro's configuration environment.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    VadlineError
        If a run is unknown, or has left nothing to compare.
    """
    first, second = two_runs(names, open_store(project, env), project)
    page = out or project / "data/08_reporting/comparisons" / _file_name(first, second)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render_comparison(first, second), encoding="utf-8")
    _tell(first, second)
    return page


def _file_name(*runs: RunResult) -> str:
    return "_".join(re.sub(r"[^\w.-]+", "-", run.name).strip("-") for run in runs) + ".html"


def _tell(first: RunResult, second: RunResult) -> None:
    console = Console()
    console.width = max(console.width, 100)
    for number, run in enumerate((first, second), 1):
        console.print(f"{number}: {run.name}, {run.made}", highlight=False, markup=False)
    for warning in warnings(first, second):
        console.print(warning, style="yellow", highlight=False, markup=False)
    table = Table(title="in per cent", title_justify="left")
    table.add_column("")
    for name in ("1", "2", "difference"):
        table.add_column(name, justify="right")
    for pair in compare_tables(first, second):
        for row, cells in pair.rows:
            for column, cell in zip(pair.columns, cells, strict=True):
                known = {cell.before, cell.after} != {"–"} and not is_kind_row(row)
                if column in _SHOWN[pair.name] and known:
                    told = f"[{_COLOURS[cell.verdict]}]{cell.difference}"
                    table.add_row(f"{pair.name}/{row}/{column}", cell.before, cell.after, told)
    console.print(table)
    if first.decisions is not None and second.decisions is not None:
        console.print(f"Parts decided differently: {len(disagreements(first, second))}")

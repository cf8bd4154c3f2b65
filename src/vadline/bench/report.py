"""From single measurements to one table, side by side, and the figure of growing work."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.table import Table

from vadline.figures.style import INK, PALETTE

VALUES = (
    "image_auroc",
    "auroc_blurred",
    "pixel_auroc",
    "pixel_f1",
    "aupro",
    "radius",
    "error",
    "images",
)


def side_by_side(runs: pd.DataFrame) -> pd.DataFrame:
    """Bring the measurements of all cases into one row for each case and lap.

    Returns
    -------
    DataFrame
        ``measure``, ``ours_s``, ``other`` (its name), ``other_s``, ``ratio`` (the median, over
        the rounds, of theirs over ours), ``ours_mb``, ``other_mb`` (the median peaks),
        ``ours_found``, ``other_found`` (mean and standard deviation over the rounds).
    """
    rows = []
    for case, some in runs.groupby("case", sort=False):
        laps = list(dict.fromkeys(some["lap"]))
        for lap in laps:
            rows.append(_row(f"{case} {lap}".strip(), some[some["lap"] == lap]))
        if len(laps) > 1:
            whole = some.groupby(["side", "repeat"], sort=False, as_index=False)
            total = whole.agg({"seconds": "sum", "peak_mb": "max"})
            rows.append(_row(f"{case} {' + '.join(laps)}", total))
    return pd.DataFrame(rows)


def _row(measure: str, runs: pd.DataFrame) -> dict[str, object]:
    sides = list(dict.fromkeys(runs["side"]))
    ours = runs[runs["side"] == sides[0]].set_index("repeat")
    row: dict[str, object] = {
        "measure": measure,
        "ours_s": ours["seconds"].median(),
        "ours_mb": ours["peak_mb"].median(),
        "ours_found": _found(ours),
    }
    if len(sides) > 1:
        other = runs[runs["side"] == sides[1]].set_index("repeat")
        row |= {
            "other": sides[1],
            "other_s": other["seconds"].median(),
            "ratio": (other["seconds"] / ours["seconds"]).median(),
            "other_mb": other["peak_mb"].median(),
            "other_found": _found(other),
        }
    return row


def _found(side: pd.DataFrame) -> str:
    texts = []
    for name in VALUES:
        if name in side and side[name].notna().any():
            mean, spread = side[name].mean(), side[name].std(ddof=1)
            texts.append(f"{name} {mean:.6g}" + (f" ± {spread:.2g}" if spread > 0 else ""))
    if "forward_seconds" in side and side["forward_seconds"].notna().any():
        share = (side["forward_seconds"] / side["seconds"]).median()
        texts.append(f"backbone's share {share:.0%}")
    return ", ".join(texts)


def as_table(frame: pd.DataFrame, title: str) -> Table:
    """Render a frame for the terminal."""
    table = Table(title=title, title_justify="left")
    for column in frame.columns:
        table.add_column(column, justify="right" if frame[column].dtype.kind == "f" else "left")
    for values in frame.itertuples(index=False):
        table.add_row(*(_text(value) for value in values))
    return table


def as_markdown(frame: pd.DataFrame) -> str:
    """Render a frame as a table of Markdown."""
    lines = [frame.columns.tolist(), ["---"] * frame.shape[1]]
    lines += [[_text(value) for value in values] for values in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _text(value: object) -> str:
    if isinstance(value, float):
        if np.isnan(value):
            return "–"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return "–" if value is None else str(value)


def scaling_figure(scaling: pd.DataFrame) -> Figure:
    """Draw seconds and peak memory of fitting over the number of training images.

    Parameters
    ----------
    scaling : DataFrame
        Columns ``images``, ``seconds``, ``peak_mb``.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = (("seconds", "fit (seconds)"), ("peak_mb", "peak memory (MB)"))
    for axes, (column, label), color in zip(figure.subplots(1, 2), panels, PALETTE, strict=False):
        axes.plot(scaling["images"], scaling[column], marker="o", color=color)
        axes.set(xlabel="training images", ylabel=label, xlim=(0, 1.1 * scaling["images"].max()))
        axes.set_ylim(0, 1.1 * scaling[column].max())
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
    return figure

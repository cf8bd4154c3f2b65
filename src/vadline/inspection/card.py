"""What an inspector is, in words that someone who did not make it understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vadline.metrics.tables import format_cell


def model_card(
    made_by: Mapping[str, Any],
    learnt_from: pd.DataFrame,
    setup: Mapping[str, Any],
    promise: str,
    measured: Mapping[str, pd.DataFrame],
) -> str:
    """Write the card, as markdown.

    Parameters
    ----------
    made_by : mapping
        As in a :class:`Bundle`.
    learnt_from : DataFrame
        Columns ``label`` and ``defect``, a row per training part.
    setup : mapping
        As in a :class:`Bundle`.
    promise : str
        What is promised of decisions.
    measured : mapping of str to DataFrame
        Tables, whose first column names the rows.
    """
    kinds = learnt_from.loc[learnt_from["label"] == "bad", "defect"].value_counts()
    bads = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    goods = int((learnt_from["label"] == "good").sum())
    lines = [
        f"# Inspector of {made_by['source']}/{made_by['category']}",
        "",
        f"Made by vadline {made_by['version']} from photographs with the common hash "
        f"{made_by['manifest_hash']}.",
        "",
        f"- **It learnt from** {goods} good parts; known bad parts: {bads}.",
        f"- **It decides by** the set-up `{setup['name']}`: {', '.join(setup['detectors'])}"
        + (f" and {setup['classifier']}" if setup["classifier"] else "")
        + (" and classifiers on frozen features" if setup.get("probe") else "")
        + ".",
        f"- **It promises:** {promise}",
        "- **It holds for** parts photographed as these were; `unlike_training` marks others.",
        "- **It does not know** kinds of parts that it has not seen, nor what happened since.",
    ]
    for name, table in measured.items():
        lines += ["", f"## Measured: {name}", "", _as_markdown(table)]
    return "\n".join(lines) + "\n"


def _as_markdown(table: pd.DataFrame) -> str:
    rows = [list(table.columns), ["---"] * table.shape[1]]
    for name, *cells in table.itertuples(index=False):
        told = zip(table.columns[1:], cells, strict=True)
        rows.append([str(name), *(format_cell(str(column), value) for column, value in told)])
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)

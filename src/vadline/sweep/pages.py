"""The joint table as files: CSV, markdown, HTML, LaTeX, and a figure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vadline.errors import VadlineError
from vadline.figures import whole_page
from vadline.figures.style import line_style, styled
from vadline.metrics.table_rows import PLAIN
from vadline.sweep.facts import Fact
from vadline.sweep.joint import ALL
from vadline.sweep.plan import Plan

_NAMES = {
    "image_auroc": "AUROC",
    "fpr_at_95tpr": "FPR@95TPR",
    "pixel_auroc": "pixel AUROC",
    "test_goods_rejected": "good test parts rejected",
    "test_bads_caught": "bad ones caught",
}
_BETWEEN = " / "  # metrics of one cell
_MARK = "<!-- sweep {name} -->"
_END = "<!-- end -->"


def grids(joint: pd.DataFrame, plan: Plan) -> dict[str, pd.DataFrame]:
    """Lay the joint table out for reading.

    Returns
    -------
    dict of str to DataFrame
        A grid for each product and table, whose columns are arms; or, of one arm and several
        products, one grid, whose columns are products. A cell is ``mean ± sd`` in per cent of each
        metric that is shown, the best in bold as markdown has it. Published rows are behind.
    """
    if _is_across(joint, plan):
        across = [
            _grid(part, "product", plan).rename(
                index=f"{name}: {{}}, {_shown(str(name), plan)}".format
            )
            for name, part in joint.groupby("table", sort=False)
        ]
        return {plan.title: pd.concat(across).fillna("–")}
    return {
        f"{product}: {name}, {_shown(str(name), plan)}": _grid(part, "arm", plan)
        for (product, name), part in joint.groupby(["product", "table"], sort=False)
    }


def _is_across(joint: pd.DataFrame, plan: Plan) -> bool:
    """Say whether it is products that stand side by side."""
    return len(plan.arms) == 1 and joint["product"].nunique() > 1


def _shown(table: str, plan: Plan) -> str:
    return _BETWEEN.join(_NAMES.get(metric, metric) for metric in plan.tables[table])


def _grid(part: pd.DataFrame, columns: str, plan: Plan) -> pd.DataFrame:
    """Lay one table out, of one product or one arm."""
    table = str(part["table"].iloc[0])
    metrics, names = plan.tables[table], list(dict.fromkeys(part[columns]))
    cells = part.assign(text=[_text(*each) for each in _numbers(part, columns)])
    wide = cells.pivot_table(
        index="row", columns=[columns, "metric"], values="text", aggfunc="first", sort=False
    )
    joined = {name: _joined(wide, name, metrics) for name in names}
    grid = pd.DataFrame(joined, index=wide.index).rename_axis(None).rename(index=_in_words)
    facts = _published(plan, set(part["product"]), table)
    for source, row in dict.fromkeys((fact.source, fact.row) for fact in facts):
        own = [fact for fact in facts if (fact.source, fact.row) == (source, row)]
        grid.loc[f"{row}, {source}"] = {
            name: _told([f for f in own if getattr(f, columns) in ("", name)], metrics)
            for name in names
        }
    return grid


def _in_words(row: str) -> str:
    """Write the rows of thresholds, which are rates, as people do."""
    rate = re.fullmatch(r"rate_([\d.]+)", row)
    return f"asked for {100 * float(rate[1]):g} %" if rate else row


def _numbers(part: pd.DataFrame, columns: str) -> list[tuple[float, float, bool]]:
    alone = part.groupby([columns, "metric"])["row"].transform("nunique") < 2
    mean, sd = (part[name] * part["metric"].map(_scale) for name in ("mean", "sd"))
    return list(zip(mean, sd, part["best"] & ~alone, strict=True))


def _scale(metric: str) -> int:
    """Return what makes a value what is shown: per cent of fractions, all else as it is."""
    return 1 if metric in PLAIN else 100


def _text(mean: float, sd: float | None, best: bool = False) -> str:
    told = f"{mean:.1f}" + ("" if sd is None or np.isnan(sd) else f" ± {sd:.1f}")
    return f"**{told}**" if best else told


def _joined(wide: pd.DataFrame, name: str, metrics: Sequence[str]) -> list[str]:
    columns = [wide.get((name, metric), pd.Series(index=wide.index)) for metric in metrics]
    return [
        _BETWEEN.join("–" if pd.isna(cell) else cell for cell in row)
        for row in zip(*columns, strict=True)
    ]


def _published(plan: Plan, products: Collection[str], table: str) -> list[Fact]:
    """List the facts that stand beside a table of some products, each with its product's name."""
    shown = plan.shown()
    mean = shown[0] if len(shown) == 1 else ALL
    named = (f.model_copy(update={"product": f.product or mean}) for f in plan.published)
    return [
        fact
        for fact in named
        if fact.product in products
        and (fact.table == table if fact.table else fact.metric in plan.tables[table])
    ]


def _told(facts: Sequence[Fact], metrics: Sequence[str]) -> str:
    by_metric = {fact.metric: _text(fact.value, fact.sd) for fact in facts}
    return _BETWEEN.join(by_metric.get(metric, "–") for metric in metrics)


def as_markdown(joint: pd.DataFrame, differences: pd.DataFrame, plan: Plan) -> str:
    """Write all grids, and what rows differ by over the same cells."""
    blocks = _blocks(joint, differences, plan)
    return "\n\n".join(f"**{title}**\n\n{_markdown(grid)}" for title, grid in blocks) + "\n"


def _blocks(
    joint: pd.DataFrame, differences: pd.DataFrame, plan: Plan
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give all that is shown, each with what stands above it."""
    for title, grid in grids(joint, plan).items():
        yield f"{title}{_unit(title, plan)}", grid
    told = differences[differences["cells"] > 1]
    if len(told):
        against = ", ".join(dict.fromkeys(told["against"]))
        yield (
            f"Differences from {against} over the same cells, percentage points, with a bootstrap "
            "interval of 95 %",
            _apart(told),
        )


def _unit(title: str, plan: Plan) -> str:
    """Say what a grid's numbers are, unless all of them are plain ones."""
    table = title.rpartition(": ")[2].partition(",")[0]
    metrics = plan.tables.get(table) or chain.from_iterable(plan.tables.values())
    return ", per cent" if any(_scale(each) > 1 for each in metrics) else ""


def _apart(told: pd.DataFrame) -> pd.DataFrame:
    """Lay differences out: a row for each row and metric, a column for each arm."""
    numbers = told[["difference", "low", "high"]].mul(told["metric"].map(_scale), axis="index")
    texts = [f"{d:+.1f} ({low:+.1f} to {high:+.1f})" for d, low, high in numbers.to_numpy()]
    names = told["table"] + ": " + told["row"] + ", " + told["metric"].replace(_NAMES)
    grid = told.assign(text=texts, name=names).pivot_table(
        "text", "name", "arm", aggfunc="first", sort=False
    )
    return grid.fillna("–").rename_axis(index=None, columns=None)


def _markdown(grid: pd.DataFrame) -> str:
    head = ["", *(str(name) or "value" for name in grid.columns)]
    rows = zip(grid.index, grid.to_numpy().tolist(), strict=True)
    lines = [head, ["---"] * len(head), *([str(name), *row] for name, row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_latex(joint: pd.DataFrame, plan: Plan) -> str:
    """Write all grids as LaTeX tables, for the package booktabs."""
    blocks = []
    for title, grid in grids(joint, plan).items():
        plain = grid.map(lambda cell: re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", cell))
        plain = plain.map(lambda cell: cell.replace("±", r"$\pm$").replace("%", r"\%"))
        escaped = plain.rename(index=_escaped, columns=_escaped)
        blocks.append(escaped.to_latex(escape=False, caption=_escaped(title)))
    return "\n".join(blocks)


def _escaped(text: object) -> str:
    return re.sub(r"([_%&#])", r"\\\1", str(text))


def draw(joint: pd.DataFrame, plan: Plan) -> dict[str, go.Figure]:
    """Draw what stands side by side, means with their standard deviations, a figure a metric."""
    found, across = {}, _is_across(joint, plan)
    keys = ["table", "metric"] if across else ["product", "table", "metric"]
    for names, part in joint.groupby(keys, sort=False):
        *product, name, metric = map(str, names)
        figure, factor = go.Figure(), _scale(metric)
        for index, (row, own) in enumerate(part.groupby("row", sort=False)):
            spread = {"type": "data", "array": factor * own["sd"], "visible": True}
            figure.add_scatter(
                x=own["product"] if across else [arm or plan.title for arm in own["arm"]],
                y=factor * own["mean"],
                error_y=spread,
                name=str(row),
                line=line_style(index),
                mode="markers" if across else None,
            )
        title = ": ".join([*product, f"{name}/{metric}"]) + (", per cent" if factor > 1 else "")
        found[" ".join([*product, name, metric])] = styled(figure, title)
    return found


def write_pages(
    folder: Path, long: pd.DataFrame, joint: pd.DataFrame, differences: pd.DataFrame, plan: Plan
) -> dict[str, Path]:
    """Write all files of a sweep; return them by what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    text = as_markdown(joint, differences, plan)
    written: Mapping[str, str] = {
        "cells.csv": long.to_csv(index=False),
        "joint.csv": joint.to_csv(index=False),
        "differences.csv": differences.to_csv(index=False),
        "table.md": f"# {plan.title}\n\n{text}",
        "table.tex": as_latex(joint, plan),
        "figures.html": whole_page(draw(joint, plan), plan.title),
        "table.html": _html(joint, differences, plan),
    }
    for name, content in written.items():
        (folder / name).write_text(content, encoding="utf-8")
    return {name: folder / name for name in written}


def _html(joint: pd.DataFrame, differences: pd.DataFrame, plan: Plan) -> str:
    parts = [f"<h1>{plan.title}</h1>"]
    for title, grid in _blocks(joint, differences, plan):
        body = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", grid.to_html(border=0))
        parts.append(f"<h2>{title}</h2>{body}")
    style = (
        "body{font:15px Arial,Helvetica,sans-serif;margin:2rem;color:#222}"
        "td,th{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #e4e4e4}"
        "tbody th{text-align:left;font-weight:normal}h2{font-size:1.1rem;margin-top:2rem}"
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>{plan.title}</title><style>{style}</style>"
        + "".join(parts)
    )


def put_into(page: Path, name: str, text: str) -> None:
    """Replace what stands between a sweep's marks in a page of markdown.

    Raises
    ------
    VadlineError
        If the page has no such marks.
    """
    start, old = _MARK.format(name=name), page.read_text(encoding="utf-8")
    before, found, rest = old.partition(start)
    _, ended, after = rest.partition(_END)
    if not (found and ended):
        raise VadlineError(f"{page} has no place for this sweep: write {start} and {_END} into it")
    text = text.strip("\n")  # spaces make a block of code
    page.write_text(f"{before}{start}\n{text}\n{_END}{after}", encoding="utf-8")

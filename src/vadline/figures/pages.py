"""Plotly figures as pages that open without a network."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader
from plotly.offline import get_plotlyjs

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(figure: go.Figure, path: Path) -> None:
    """Write a figure as a small page; its folder gets Plotly once, as ``plotly.min.js``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs="directory", validate=False)


def whole_page(figure: go.Figure, title: str) -> str:
    """Make a page that needs no file beside it.

    MLflow shows an artifact as a blob, from which no other file can be reached. Plotly is packed,
    2 MB rather than 5, as each figure of each run carries it.

    Returns
    -------
    str
        HTML, for browsers since 2023.
    """
    page = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=False)
    figure_json = figure.to_json(validate=False).replace("</", "<\\/")
    return page.get_template("page.html.j2").render(
        title=title, plotly=_packed_plotly(), figure=figure_json
    )


@cache
def _packed_plotly() -> str:
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode("ascii")

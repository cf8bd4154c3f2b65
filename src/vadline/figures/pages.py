"""Plotly figures as pages that open without a network."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader
from plotly.offline import get_plotlyjs

_TEMPLATES = Path(__file__).parent / "templates"


def whole_page(figures: Mapping[str, go.Figure], title: str) -> str:
    """Make a page of figures, by their names, that needs no file beside it.

    MLflow shows an artifact as a blob, from which no other file can be reached. Plotly is packed,
    2 MB rather than 5, and there once for all figures.

    Returns
    -------
    str
        HTML, for browsers since 2023.
    """
    page = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    drawn = {k: v.to_json(validate=False).replace("</", "<\\/") for k, v in figures.items()}
    return page.get_template("page.html.j2").render(
        title=title, plotly=_packed_plotly(), figures=drawn
    )


@cache
def _packed_plotly() -> str:
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode("ascii")

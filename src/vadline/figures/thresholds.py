"""False rejects against catches over the false-reject rates that one may choose from."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from vadline.figures.style import BAD, GOOD, GREY, INK, styled

_OPACITY = 0.18  # of the bands


def thresholds_figure(
    table: pd.DataFrame, chosen_rate: float, title: str = "Thresholds"
) -> go.Figure:
    """Draw what each false-reject rate rejects and catches.

    Parameters
    ----------
    table : DataFrame
        As `vadline.calibration.thresholds_table` gives it.
    chosen_rate : float
        The rate in use, a fraction, drawn as a line.

    Returns
    -------
    plotly.graph_objects.Figure
        Good parts rejected and known bad parts caught, each a curve in its 90 % band; markers for
        the test part; the diagonal, where as many are rejected as were asked for. What the table
        does not know is left out.
    """
    figure = go.Figure()
    asked = 100 * table["asked"]
    figure.add_scatter(
        x=asked,
        y=asked,
        mode="lines",
        name="as asked",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )
    _add_curve(figure, table, "goods_rejected", "good parts rejected", GOOD)
    _add_curve(figure, table, "bads_caught", "known bad parts caught", BAD)
    _add_test(figure, table, "test_goods_rejected", "test: good parts rejected", GOOD)
    _add_test(figure, table, "test_bads_caught", "test: bad parts caught", BAD)
    figure.add_vline(100 * chosen_rate, line={"color": INK, "dash": "dash", "width": 2})
    figure.update_xaxes(title="false-reject rate asked for, %", rangemode="tozero")
    figure.update_yaxes(title="% of the group", range=[-2, 102])
    figure.update_layout(height=560, legend={"x": 1.02, "y": 1})
    return styled(figure, f"{title} <sub>line: the rate in use, {100 * chosen_rate:g} %</sub>")


def _add_curve(figure: go.Figure, table: pd.DataFrame, column: str, name: str, colour: str) -> None:
    known = table[table[column].notna()]
    if known.empty:
        return
    low, high = 100 * known[f"{column}_low"], 100 * known[f"{column}_high"]
    asked = list(100 * known["asked"])
    figure.add_scatter(
        x=asked + asked[::-1],
        y=list(high) + list(low)[::-1],
        fill="toself",
        mode="none",
        fillcolor=_translucent(colour),
        name=f"{name}, 90 % interval",
        legendgroup=column,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=asked,
        y=100 * known[column],
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2.5},
        legendgroup=column,
        customdata=list(zip(100 * known["promised"], known["threshold"], low, high, strict=True)),
        hovertemplate=(
            f"{name}: %{{y:.1f}} % (%{{customdata[2]:.1f}} to %{{customdata[3]:.1f}} %)<br>"
            "%{x:.3g} % asked, %{customdata[0]:.3g} % promised<br>"
            "score above %{customdata[1]:.4g}<extra></extra>"
        ),
    )


def _add_test(figure: go.Figure, table: pd.DataFrame, column: str, name: str, colour: str) -> None:
    known = table[table[column].notna()]
    if known.empty:
        return
    figure.add_scatter(
        x=100 * known["asked"],
        y=100 * known[column],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "symbol": "diamond",
            "size": 11,
            "line": {"color": INK, "width": 1},
        },
        hovertemplate=f"{name}: %{{y:.1f}} %<br>%{{x:.3g}} % asked<extra></extra>",
    )


def _translucent(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_OPACITY})"

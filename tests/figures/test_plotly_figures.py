from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from vadline.figures import (
    histogram_figure,
    history_figure,
    importance_figure,
    roc_figure,
    table_figure,
)
from vadline.metrics import detection_table, fpr_at_tpr, image_auroc

RNG = np.random.default_rng(0)
BAD = np.r_[np.zeros(60), np.ones(40)].astype(bool)
UNSEEN = np.r_[np.zeros(90), np.ones(10)].astype(bool)
SCORES = {"patchcore": RNG.normal(size=100) + BAD, "all_ad": RNG.normal(size=100) + 3 * BAD}
FRAME = detection_table(
    {
        "patchcore": {"image_auroc": 0.9, "fpr_at_95tpr": 0.4},
        "apc": {"image_auroc": 0.98, "fpr_at_95tpr": 0.1},
    }
)


def test_roc_has_a_curve_and_a_marker_per_row_and_the_auroc_in_the_legend():
    figure = roc_figure(BAD, SCORES)
    curves = [trace for trace in figure.data if trace.showlegend is not False]
    auroc = image_auroc(BAD, SCORES["all_ad"])
    assert [curve.name for curve in curves][::2] == ["chance", f"all_ad: AUROC {100 * auroc:.1f}"]
    markers = [trace for trace in figure.data if trace.mode == "markers"]
    assert [marker.x[0] for marker in markers] == [fpr_at_tpr(BAD, s) for s in SCORES.values()]
    area = np.trapezoid(curves[-1].y, curves[-1].x)
    assert area == pytest.approx(auroc)


def test_roc_of_one_class_says_so():
    figure = roc_figure(np.zeros(100), SCORES)
    assert [trace.name for trace in figure.data] == ["chance"]
    assert "one class" in figure.layout.annotations[0].text


def test_histograms_show_each_groups_share_once_in_the_legend():
    figure = histogram_figure(BAD, SCORES, UNSEEN, {"all_ad": 1.5})
    assert [trace.name for trace in figure.data] == ["good", "bad", "bad, unseen kind"] * 2
    assert all(sum(trace.y) == pytest.approx(100) for trace in figure.data)
    assert [trace.showlegend for trace in figure.data] == [True] * 3 + [False] * 3
    assert [shape.x0 for shape in figure.layout.shapes] == [1.5]
    assert [note.text for note in figure.layout.annotations] == list(SCORES)


def test_histograms_leave_out_groups_without_parts():
    figure = histogram_figure(np.zeros(100), {"patchcore": np.ones(100)})
    assert [trace.name for trace in figure.data] == ["good"]


def test_importances_are_the_largest_with_the_first_on_top():
    shares = pd.Series(np.arange(30) / 435, index=[f"padim.cell_{i}.mean" for i in range(30)])
    bars = importance_figure(shares).data[0]
    assert len(bars.x) == 20
    assert bars.y[-1] == "padim.cell_29.mean"
    assert bars.x[-1] == pytest.approx(2900 / 435)


def test_history_has_a_curve_per_loss_over_the_epochs():
    history = pd.DataFrame({"epoch": [1, 2, 3], "cls": [3.0, 2, 1], "segm": [1.0, np.nan, 0.5]})
    figure = history_figure(history)
    assert [trace.name for trace in figure.data] == ["cls", "segm"]
    assert list(figure.data[0].x) == [1, 2, 3]
    assert figure.layout.yaxis.type == "log"
    assert history_figure(history.assign(cls=0.0)).layout.yaxis.type != "log"


def test_table_prints_percentages_and_tints_the_best_of_each_column():
    table = table_figure(FRAME, "Detection").data[0]
    assert list(table.cells["values"][0]) == ["patchcore", "apc"]
    assert list(table.cells["values"][1]) == ["90.0", "98.0"]
    assert list(table.cells["values"][2]) == ["–", "–"]
    white = "rgb(255, 255, 255)"
    columns = ["row", *FRAME.columns]
    auroc, fpr = (table.cells.fill.color[columns.index(c)] for c in ("image_auroc", "fpr_at_95tpr"))
    for tints in (auroc, fpr):
        assert tints[0].replace(" ", "") == white.replace(" ", "")
        assert tints[1].replace(" ", "") != white.replace(" ", "")


@pytest.mark.parametrize(
    "figure",
    [
        roc_figure(BAD, SCORES),
        histogram_figure(BAD, SCORES),
        importance_figure(pd.Series(dtype=float)),
        history_figure(pd.DataFrame({"epoch": []})),
        table_figure(detection_table({}), "Detection"),
    ],
)
def test_figures_are_white_and_serialisable_even_when_empty(figure):
    layout = json.loads(figure.to_json())["layout"]
    assert layout["paper_bgcolor"] == "white"
    assert "sans-serif" in layout["font"]["family"]

import json

import numpy as np
import pytest

from vadline.calibration import thresholds_table
from vadline.figures import thresholds_figure

GOODS, BADS = np.arange(100.0), np.array([50.0, 98.0, 200.0])
TABLE = thresholds_table(GOODS, BADS, test_goods=[1, 99], test_bads=[150])


def test_curves_have_bands_and_the_test_part_has_markers():
    figure = thresholds_figure(TABLE, 0.05)
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == [
        "as asked",
        "good parts rejected",
        "known bad parts caught",
        "test: good parts rejected",
        "test: bad parts caught",
    ]
    assert [shape.x0 for shape in figure.layout.shapes] == [5]
    curve = next(trace for trace in figure.data if trace.name == "known bad parts caught")
    np.testing.assert_allclose(curve.y, 100 * TABLE["bads_caught"])
    band = next(trace for trace in figure.data if trace.name.startswith("known bad parts caught,"))
    assert band.y[0] == pytest.approx(100 * TABLE["bads_caught_high"].iloc[0])
    assert band.y[-1] == pytest.approx(100 * TABLE["bads_caught_low"].iloc[0])
    assert len(band.x) == 2 * len(TABLE)


def test_what_is_not_known_is_left_out():
    figure = thresholds_figure(thresholds_table(GOODS, []), 0.05)
    names = [trace.name for trace in figure.data]
    assert names == ["as asked", "good parts rejected, 90 % interval", "good parts rejected"]
    assert len(thresholds_figure(thresholds_table([], []), 0.05).data) == 1


def test_it_is_white_and_serialisable():
    layout = json.loads(thresholds_figure(TABLE, 0.05).to_json())["layout"]
    assert layout["paper_bgcolor"] == "white"

import json

import numpy as np
import pandas as pd

from vadline.figures import sizes_figure

TABLE = pd.DataFrame(
    {
        "row": ["colour 0-0.1", "colour 0.1-0.2", "near 0-0.1", "near 0.1-0.2"],
        "map": [0.2, 0.5, 0.1, np.nan],
        "proposals": [0.6, 0.9, 0.4, np.nan],
        "images": [3, 2, 3, 0],
    }
)


def test_each_kind_has_a_panel_and_each_method_a_curve():
    figure = sizes_figure(TABLE)
    assert [note.text for note in figure.layout.annotations] == ["colour", "near"]
    assert [(trace.name, trace.showlegend) for trace in figure.data] == [
        ("map", True),
        ("proposals", True),
        ("map", False),
        ("proposals", False),
    ]
    assert list(figure.data[1].y) == [60, 90]
    assert list(figure.data[1].x) == ["0-0.1", "0.1-0.2"]
    assert np.isnan(figure.data[2].y[1])
    assert json.loads(figure.to_json())["layout"]["paper_bgcolor"] == "white"

"""From measurements to a table that a reader can check by hand."""

import numpy as np
import pandas as pd

from vadline.bench.report import as_markdown, scaling_figure, side_by_side


def measured(lap, side, seconds, **values):
    return [
        {"case": "C", "lap": lap, "side": side, "repeat": r, "seconds": s, "peak_mb": 10.0 * s}
        | {name: column[r] for name, column in values.items()}
        for r, s in enumerate(seconds)
    ]


def test_ratios_are_taken_round_by_round():
    runs = measured("", "ours", [1, 2, 4], radius=[5, 5, 5])
    runs += measured("", "theirs", [10, 10, 40], radius=[6, 7, 8])
    (row,) = side_by_side(pd.DataFrame(runs)).to_dict("records")
    assert row["measure"] == "C"
    assert row["ours_s"] == 2
    assert row["other_s"] == 10
    assert row["ratio"] == 10  # the median of 10, 5, 10, not 10 / 2
    assert row["other"] == "theirs"
    assert row["ours_found"] == "radius 5"
    assert row["other_found"] == "radius 7 ± 1"


def test_laps_have_rows_and_a_sum():
    runs = measured("fit", "ours", [1, 1]) + measured("fit", "theirs", [9, 9])
    runs += measured("score", "ours", [2, 2], forward_seconds=[1, 1])
    runs += measured("score", "theirs", [3, 3])
    table = side_by_side(pd.DataFrame(runs)).set_index("measure")
    assert table.index.tolist() == ["C fit", "C score", "C fit + score"]
    assert table.loc["C fit + score", "ratio"] == 4
    assert table.loc["C fit + score", "ours_mb"] == 20
    assert table.loc["C score", "ours_found"] == "backbone's share 50%"


def test_a_side_alone_has_no_ratio_and_markdown_says_so():
    table = side_by_side(pd.DataFrame(measured("", "ours", [1.0])))
    assert "ratio" not in table
    both = pd.concat([table, pd.DataFrame([{"measure": "D", "ratio": 2.0}])])
    assert as_markdown(both).splitlines()[2].endswith("| – |")


def test_the_figure_shows_every_point():
    scaling = pd.DataFrame({"images": [1, 2], "seconds": [3.0, 6.0], "peak_mb": [5.0, 5.0]})
    seconds, memory = scaling_figure(scaling).axes
    np.testing.assert_array_equal(seconds.lines[0].get_xydata(), [[1, 3], [2, 6]])
    np.testing.assert_array_equal(memory.lines[0].get_ydata(), [5, 5])

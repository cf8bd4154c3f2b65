"""What stands out most, in words."""

import pandas as pd

from vadline.inspection import drivers, usual_features

GOODS = pd.DataFrame(
    {
        "a.left.q995": [1.0, 1.2, 0.8],
        "a.left.mean": [9.0, 9.0, 9.0],
        "b.top left.q995": [-5.0, -5.1, -4.9],
        "b.image_score": [0.0, 0.0, 0.0],
    }
)


def test_the_segment_farthest_from_good_parts_is_named():
    usual = usual_features(GOODS)
    assert set(usual) == {"a.left", "b.top left"}
    parts = pd.DataFrame(
        {"a.left.q995": [4.1, 1.0], "b.top left.q995": [-5.0, -3.0], "b.image_score": [9.0, 9.0]}
    )
    assert drivers(parts, usual) == [
        "a in left: 4.1 times what good parts show",
        "b in top left: -3, good parts -5",
    ]


def test_without_good_parts_nothing_is_said():
    assert usual_features(GOODS.iloc[:0]) == {}
    assert drivers(GOODS, {}) == ["", "", ""]

"""What stands out most, in words."""

import pandas as pd

from vadline.inspection import drivers, usual_features

GOODS = pd.DataFrame(
    {
        "a.left.q995": [1.0, 1.2, 0.8],
        "a.left.mean": [9.0, 9.0, 9.0],
        "b.top left.q995": [-5.0, -5.1, -4.9],
        "b.image_score": [0.0, 0.0, 0.0],
        "b.whole.q995": [2.0, 2.1, 1.9],
        "other.left.q995": [1.0, 1.1, 0.9],
    }
)


def test_the_segment_farthest_from_good_parts_is_named():
    usual = usual_features(GOODS, ["a", "b"])
    assert set(usual) == {"a.left", "b.top left"}
    parts = pd.DataFrame(
        {"a.left.q995": [4.1, 1.0], "b.top left.q995": [-5.0, -3.0], "b.image_score": [9.0, 9.0]}
    )
    assert drivers(parts, usual) == [
        "a in left: 4.1 times what good parts show",
        "b in top left: -3, good parts -5",
    ]


def test_the_part_as_a_whole_counts_where_it_is_the_one_segment():
    one = GOODS[["b.whole.q995", "b.image_score"]]
    assert set(usual_features(one, ["b"])) == {"b.whole"}


def test_what_known_bads_have_taught_is_said_where_it_counts_most():
    parts = pd.DataFrame({"a.left.q995": [4.0] * 5})
    usual = usual_features(GOODS, ["a"])
    terms = pd.DataFrame(
        {
            "scores": [3.0, 1.0, 1.0, 2.0, -0.5],
            "margin": [1.0, 2.0, 0.0, float("nan"), -1.0],
            "probe": [2.0, 1.0, 4.0, float("nan"), 0.2],
        }
    )
    plain = "a in left: 4.0 times what good parts show"
    assert drivers(parts, usual, terms) == [
        plain,
        f"the map's statistics are like those of known bad parts; {plain}",
        f"it looks like known bad parts; {plain}",
        plain,
        plain,  # a good part: nothing of it is like a bad one
    ]


def test_without_good_parts_nothing_is_said():
    assert usual_features(GOODS.iloc[:0], ["a"]) == {}
    assert drivers(GOODS, {}) == ["", "", ""]

"""Decisions that what is known contradicts, the worst first."""

import pandas as pd

from vadline.calibration import wrong_decisions


def test_missed_bads_come_first_the_most_unlike_a_bad_one_on_top():
    decisions = pd.DataFrame(
        [
            ("a", "bad", "accept", 2.0),
            ("b", "bad", "accept", 1.0),
            ("c", "bad", "reject", 9.0),
            ("d", "bad", "review", 4.0),
            ("e", "good", "reject", 6.0),
            ("f", "good", "reject", 7.0),
            ("g", "good", "accept", 0.0),
            ("h", "", "reject", 8.0),
        ],
        columns=["image_id", "label", "decision", "score"],
    )
    wrong = wrong_decisions(decisions)
    assert wrong["image_id"].tolist() == ["b", "a", "f", "e"]
    assert wrong["wrong"].tolist() == ["missed"] * 2 + ["rejected"] * 2
    assert wrong_decisions(decisions.iloc[2:4]).empty

"""A run's outcome as Markdown."""

import pandas as pd
from tests.report.worlds import decisions

from vadline.report import decided_in_words, escaped, write_note


def table(rows):
    names = [f"detector_{at}" for at in range(rows)]
    return pd.DataFrame({"row": [*names, "detector_0: crack"], "image_auroc": 0.9444})


def test_tables_are_in_per_cent_and_without_single_kinds():
    note = write_note(["first", ""], {"detection": table(2)}, ["last"], longest=8000)
    assert note.startswith("first\n\n<br>**detection**, in %")
    assert note.endswith("\n\nlast")
    assert "detector\\_1 | &ensp;94.4 |" in note
    assert "crack" not in note


def test_a_note_is_no_longer_than_may_be_and_says_what_it_leaves_out():
    note = write_note([], {"detection": table(400)}, ["last"], longest=2000)
    assert len(note) <= 2000
    assert "380 more" in note
    assert note.endswith("last")


def test_rejected_parts_are_counted():
    parts = decisions()
    rejected = (parts["decision"] == "reject").sum()
    assert decided_in_words(parts).startswith(
        f"**{rejected} of {len(parts)} parts are rejected.** {len(parts)} parts inspected"
    )


def test_names_are_no_markup():
    assert escaped("a_b|<c>*") == "a\\_b\\|&lt;c&gt;\\*"

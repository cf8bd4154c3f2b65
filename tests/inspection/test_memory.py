"""What was said before is said again of the same file by the same inspector, and no other."""

import pandas as pd
import pytest

from vadline.inspection.memory import known_parts, recall_into, remember


def parts(**columns):
    whole = {"part": "a.png", "path": "/x/a.png", "sha256": "1", "refused": "", "score": 0.5}
    return pd.DataFrame([{**whole, **columns}])


def test_only_the_same_file_and_inspector_count(tmp_path):
    path = tmp_path / "deep" / "inspected.parquet"
    assert known_parts(path, "one") == set()
    remember(path, "one", parts())
    remember(path, "one", parts(path="/x/b.png", refused="the file is empty", score=None))
    assert known_parts(path, "one") == {("/x/a.png", "1")}
    assert known_parts(path, "two") == set()


def test_the_last_word_counts_and_the_name_is_that_of_now(tmp_path):
    path = tmp_path / "inspected.parquet"
    for score in (0.1, 0.2):
        remember(path, "one", parts(score=score))
    fresh = parts(part="new.png", path="/x/new.png", sha256="9", score=3.0, known=False)
    old = parts(part="below/a.png", score=None, known=True)
    said = recall_into(pd.concat([fresh, old]), path, "one").set_index("part")
    assert said["score"].to_dict() == {"below/a.png": 0.2, "new.png": 3.0}


@pytest.mark.parametrize("with_fresh", [False, True])
def test_what_an_older_release_has_not_said_is_missing(tmp_path, with_fresh):
    path = tmp_path / "inspected.parquet"
    remember(path, "one", parts())
    fresh = parts(part="new.png", path="/x/new.png", sha256="9", area=4.0, known=False)
    old = parts(score=None, area=None, known=True)
    said = recall_into(pd.concat([fresh, old] if with_fresh else [old]), path, "one")
    said = said.set_index("part")
    assert said.loc["a.png", "score"] == 0.5
    assert said["area"].isna().to_dict() == {"a.png": True} | (
        {"new.png": False} if with_fresh else {}
    )

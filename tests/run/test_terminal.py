"""What a run says at its end: which decisions are wrong, and where everything is."""

from pathlib import Path

import pandas as pd
import pytest

from vadline.run.terminal import tell_where, tell_wrong


def wrong(missed, rejected):
    rows = [
        {
            "wrong": kind,
            "image_id": f"{kind}/{index}",
            "kind": "scratch" if kind == "missed" else "good",
            "score": 1.5,
            "threshold": 2.25,
            "probability": 0.125,
            "picture": picture.format(index),
        }
        for kind, count, picture in (
            ("missed", missed, "/photos/{}.png"),
            ("rejected", rejected, "/drawn/rejected/{}/overlay.png"),
        )
        for index in range(count)
    ]
    return pd.DataFrame(rows, columns=["wrong", "image_id", "kind", "score"] if not rows else None)


@pytest.fixture
def told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def tell(missed, rejected):
        tell_wrong(wrong(missed, rejected), tmp_path / "results/demo/all", Path("/drawn"))
        return capsys.readouterr().out.splitlines()

    return tell


def test_each_wrong_decision_is_a_row_with_its_picture(told):
    title, header, missed, rejected = told(1, 1)
    assert title == "Wrong decisions: 1 bad missed, 1 good rejected"
    assert header.split() == ["part", "kind", "score", "threshold", "probability", "picture"]
    assert missed.split()[1:] == ["missed/0", "scratch", "1.5", "2.25", "0.125", "/photos/0.png"]
    assert rejected.split()[-1] == "results/demo/all/parts/rejected/0/overlay.png"


@pytest.mark.parametrize(
    ("missed", "rejected", "shown"),
    [(30, 0, (10, 0)), (0, 30, (0, 10)), (30, 30, (5, 5)), (2, 30, (2, 8)), (30, 2, (8, 2))],
)
def test_of_many_ten_are_shown_of_both_kinds(told, missed, rejected, shown):
    _, _, *rows, more = told(missed, rejected)
    kinds = [row.split()[0] for row in rows]
    assert (kinds.count("missed"), kinds.count("rejected")) == shown
    rest = missed + rejected - 10
    assert more == f"... and {rest} more in results/demo/all/tables/wrong_decisions.csv"


def test_nothing_wrong_takes_one_line(told):
    assert told(0, 0) == ["No wrong decision: every bad part is rejected, and no good one."]


def test_where_no_bad_part_is_known_none_is_said_to_be_rejected(capsys):
    tell_wrong(wrong(0, 0), Path("results"), Path("drawn"), bads=False)
    told = capsys.readouterr().out
    assert told == "No wrong decision: no good part is rejected; none is known to be bad.\n"


def test_only_what_is_there_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "a folder with [brackets] and a very long name indeed" / ("x" * 100)
    (place / "tables").mkdir(parents=True)
    (place / "report.html").touch()
    tell_where(place)
    first, report, folders = capsys.readouterr().out.splitlines()
    assert first.endswith(f"{place.relative_to(tmp_path)}:")
    assert (tmp_path / report.strip().split("  ")[0]).is_file()
    assert folders.strip() == "and tables/"

"""Verdicts of people: kept with their photographs, and laid over what a source says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.sources import Record, apply_verdicts, take_in
from vadline.sources.reviews import read_review, read_verdicts


@pytest.fixture
def photographs(tmp_path):
    """Return three files of equal size and different content."""
    paths = [tmp_path / "new" / name for name in ("a.png", "ü, b.png", "c.PNG")]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        path.write_bytes(b"photograph %d" % number)
    return paths


def write_review(path, *rows):
    """Save rows of path, verdict, kind as the report does."""
    table = pd.DataFrame(rows, columns=["path", "verdict", "kind"])
    table.insert(0, "image_id", "any")
    table.to_csv(path, index=False)
    return path


def test_what_is_said_is_kept_with_the_photograph_and_the_last_word_counts(photographs, tmp_path):
    a, b, _ = photographs
    folder = tmp_path / "reviews"
    take_in(write_review(tmp_path / "1.csv", (a, "bad", "crack"), (b, "good", "")), folder)
    a.unlink()  # the folder that was inspected is emptied; a report still names the file
    said = take_in(write_review(tmp_path / "2.csv", (a, "good", "")), folder)
    assert said["verdict"].tolist() == ["good", "good"]
    assert {p.read_bytes() for p in map(type(a), said["photograph"])} == {
        b"photograph 0",
        b"photograph 1",
    }
    pd.testing.assert_frame_equal(take_in(None, folder), said)
    assert len(read_verdicts(folder)) == 2


def test_without_any_review_there_is_nothing_and_nothing_is_written(tmp_path):
    assert take_in(None, tmp_path / "reviews").empty
    assert not (tmp_path / "reviews").exists()


def test_a_spreadsheet_s_semicolons_and_byte_order_mark_are_read(photographs, tmp_path):
    path = tmp_path / "review.csv"
    path.write_text(f"path;verdict;kind\n{photographs[1]};BAD;crack\n", encoding="utf-8-sig")
    assert read_review(path).to_dict("records") == [
        {"path": str(photographs[1]), "verdict": "bad", "kind": "crack"}
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image,label\nx,bad\n", "no column 'path'"),
        ("path,verdict,kind\nx.png,good,\ny.png,maybe,\n", "line 3: verdict 'maybe'"),
        ("path,verdict,kind\nx.png,bad,good\n", "no kind of defect is called good"),
        ("path,verdict,kind\nnowhere.png,bad,\n", "line 2: photograph .*nowhere.png is not there"),
        ("", "is no table"),
        ('path,verdict\na,b,c,d\n"', "is no table"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, text, told):
    (tmp_path / "review.csv").write_text(text)
    with pytest.raises(VadlineError, match=rf"review\.csv.*{told}"):
        take_in(tmp_path / "review.csv", tmp_path / "reviews")
    assert read_verdicts(tmp_path / "reviews").empty


def test_no_review_no_text_and_torn_verdicts_are_told(photographs, tmp_path):
    a, b, _ = photographs
    b.write_bytes(a.read_bytes())
    with pytest.raises(VadlineError, match="cannot be read"):
        take_in(tmp_path / "none.csv", tmp_path / "reviews")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VadlineError, match="cannot be read"):
        take_in(tmp_path / "bytes.csv", tmp_path / "reviews")
    review = write_review(tmp_path / "r.csv", (a, "bad", ""), (b, "good", ""))
    with pytest.raises(VadlineError, match="called good and bad"):
        take_in(review, tmp_path / "reviews")


def test_labels_are_corrected_in_place_and_other_photographs_join_training(photographs, tmp_path):
    a, b, c = photographs
    copy = tmp_path / "new" / "copy of a.png"
    copy.write_bytes(a.read_bytes())
    records = [
        Record("bad/b", b, "bad", "dent", tmp_path / "mask.png", "test", "parts"),
        Record("good/a", a, "good", "good", None, "unassigned", "parts"),
        Record("good/gone", tmp_path / "gone.png", "good", "good", None, "train", "parts"),
    ]
    review = write_review(
        tmp_path / "r.csv", (copy, "bad", "crack"), (b, "good", ""), (c, "bad", "")
    )
    said = {r.image_id: r for r in apply_verdicts(records, take_in(review, tmp_path / "kept"))}
    assert (said["good/a"].label, said["good/a"].defect) == ("bad", "crack")
    assert (said["bad/b"].label, said["bad/b"].defect, said["bad/b"].mask_path) == (
        *("good", "good"),
        None,
    )
    assert (said["good/a"].source_split, said["bad/b"].source_split) == ("unassigned", "test")
    (joined,) = said.keys() - {r.image_id for r in records}
    assert joined.startswith("reviewed/c-")
    assert said[joined].path.read_bytes() == c.read_bytes()
    assert (said[joined].label, said[joined].defect, said[joined].source_split) == (
        *("bad", "bad"),
        "train",
    )
    assert [r.reviewed for r in said.values()] == [r.image_id != "good/gone" for r in said.values()]
    assert list(said) == sorted(said)


def test_a_file_that_cannot_be_opened_is_left_to_whoever_reads_photographs(
    photographs, tmp_path, monkeypatch
):
    a, _, _ = photographs
    verdicts = take_in(write_review(tmp_path / "r.csv", (a, "bad", "")), tmp_path / "kept")
    locked = tmp_path / "locked.png"
    locked.write_bytes(a.read_bytes())
    plain = Path.read_bytes

    def read(path):
        if path == locked:
            raise PermissionError(path)
        return plain(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    records = [Record("good/locked", locked, "good", "good", None, "train", "parts")]
    said = {r.image_id: r.label for r in apply_verdicts(records, verdicts)}
    assert said.pop("good/locked") == "good"
    assert list(said.values()) == ["bad"]  # known by no record, so it joins


def test_bad_parts_that_are_confirmed_keep_kind_and_mask(photographs, tmp_path):
    a = photographs[0]
    mask = tmp_path / "mask.png"
    records = [Record("bad/a", a, "bad", "dent", mask, "train", "parts")]
    review = write_review(tmp_path / "r.csv", (a, "bad", ""))
    (said,) = apply_verdicts(records, take_in(review, tmp_path / "kept"))
    assert (said.defect, said.mask_path) == ("dent", mask)

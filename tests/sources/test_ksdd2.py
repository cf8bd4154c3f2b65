"""KolektorSDD2 as its publisher ships it: its masks alone tell which parts are bad."""

from __future__ import annotations

import pytest
from PIL import Image
from tests.sources.own_folders import ksdd2, touch

from vadline.errors import VadlineError
from vadline.sources import SourceParams, list_source
from vadline.sources.ksdd2 import read_ksdd2


def test_a_part_is_bad_where_its_mask_marks_a_pixel(tmp_path):
    ksdd2(tmp_path)
    touch(tmp_path, "test/20001.png")
    speck = Image.new("L", (4, 4))
    speck.putpixel((3, 3), 1)
    speck.save(tmp_path / "test/20001_GT.png")
    found = {record.image_id: record for record in read_ksdd2(tmp_path).records}
    assert {i: (r.label, r.defect, r.source_split) for i, r in found.items()} == {
        "train/10000": ("good", "good", "train"),
        "train/10001": ("bad", "bad", "train"),
        "test/20000": ("bad", "bad", "test"),
        "test/20001": ("bad", "bad", "test"),
    }
    assert found["train/10000"].mask_path is None
    assert found["train/10001"].mask_path == tmp_path / "train/10001_GT.png"
    assert {record.category for record in found.values()} == {"ksdd2"}


def test_the_copies_that_the_archive_has_are_left_out(tmp_path):
    ksdd2(tmp_path)
    touch(tmp_path, "train/10001 (copy).png", "train/10001_GT (copy).png")
    listing = list_source(SourceParams(name="ksdd2", root=str(tmp_path)))
    names = ["10001 (copy).png", "10001_GT (copy).png"]
    assert [each.path.name for each in listing.left_out] == names
    assert len(listing.records) == 3


def test_a_mask_that_is_missing_or_broken_is_named(tmp_path):
    ksdd2(tmp_path)
    mask = tmp_path / "train/10000_GT.png"
    mask.write_text("no mask")
    with pytest.raises(VadlineError, match=r"10000_GT\.png cannot be read"):
        read_ksdd2(tmp_path)
    mask.unlink()
    with pytest.raises(VadlineError, match=r"10000_GT\.png is missing"):
        read_ksdd2(tmp_path)

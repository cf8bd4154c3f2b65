"""MVTec AD 2 as its publisher ships it: of three test parts one has labels."""

from __future__ import annotations

import shutil

import pytest
from tests.sources.own_folders import mvtec_ad2, touch

from vadline.errors import VadlineError
from vadline.sources import SourceParams, list_source
from vadline.sources.mvtec_ad2 import read_mvtec_ad2


def test_the_public_test_part_is_read_and_the_validation_part_trains(tmp_path):
    mvtec_ad2(tmp_path)
    touch(tmp_path, "can/test_public/bad/001_overexposed.png")
    found = {record.image_id: record for record in read_mvtec_ad2(tmp_path, "can").records}
    assert {i: (r.label, r.defect, r.source_split) for i, r in found.items()} == {
        "train/good/000_regular": ("good", "good", "train"),
        "validation/good/000_regular": ("good", "good", "train"),
        "test_public/good/000_regular": ("good", "good", "test"),
        "test_public/bad/000_regular": ("bad", "bad", "test"),
        "test_public/bad/001_overexposed": ("bad", "bad", "test"),
    }
    mask = tmp_path / "can/test_public/ground_truth/bad/000_regular_mask.png"
    assert found["test_public/bad/000_regular"].mask_path == mask
    assert found["test_public/bad/001_overexposed"].mask_path is None


def test_the_private_test_parts_are_left_out_and_that_is_said(tmp_path):
    mvtec_ad2(tmp_path)
    source = SourceParams(name="mvtec_ad2", root=str(tmp_path), category="can")
    left_out = list_source(source).left_out
    names = ("test_private/000_regular.png", "test_private_mixed/000_mixed.png")
    assert [each.path for each in left_out] == [tmp_path / "can" / name for name in names]
    assert all("labels the publisher keeps" in each.reason for each in left_out)


def test_a_product_alone_and_what_is_missing(tmp_path):
    mvtec_ad2(tmp_path)
    mvtec_ad2(tmp_path, "rice")
    assert len(read_mvtec_ad2(tmp_path / "can", "can").records) == 4
    for category in (None, "screw"):
        with pytest.raises(VadlineError, match=r"source\.category.*can, rice"):
            read_mvtec_ad2(tmp_path, category)
    with pytest.raises(VadlineError, match=r"set source\.root to MVTec AD 2's top folder"):
        read_mvtec_ad2(tmp_path / "can")
    shutil.rmtree(tmp_path / "can/test_public/bad")
    with pytest.raises(VadlineError, match=r"test_public/bad does not exist"):
        read_mvtec_ad2(tmp_path, "can")

"""BTAD as its publisher ships it: masks may have another suffix than their photographs."""

from __future__ import annotations

import shutil

import pytest
from tests.sources.own_folders import btad, touch

from vadline.errors import VadlineError
from vadline.sources.btad import read_btad


def test_splits_labels_and_masks(tmp_path):
    btad(tmp_path)
    touch(tmp_path, "01/test/ko/1.bmp", "01/test/ko/2.bmp", "01/ground_truth/ko/1.bmp")
    found = {record.image_id: record for record in read_btad(tmp_path, "01")}
    assert {i: (r.label, r.defect, r.source_split) for i, r in found.items()} == {
        "train/ok/0": ("good", "good", "train"),
        "test/ok/0": ("good", "good", "test"),
        "test/ko/0": ("bad", "ko", "test"),
        "test/ko/1": ("bad", "ko", "test"),
        "test/ko/2": ("bad", "ko", "test"),
    }
    masks = tmp_path / "01/ground_truth/ko"
    assert [found[f"test/ko/{i}"].mask_path for i in (0, 1, 2)] == [
        masks / "0.png",
        masks / "1.bmp",
        None,
    ]
    assert found["test/ok/0"].mask_path is None
    assert found["test/ok/0"].path.suffix == ".bmp"
    assert {record.category for record in found.values()} == {"01"}


def test_a_product_alone_and_what_is_missing(tmp_path):
    btad(tmp_path)
    assert len(read_btad(tmp_path / "02", "02")) == 3
    for category in (None, "1"):
        with pytest.raises(VadlineError, match=r"source\.category.*01, 02"):
            read_btad(tmp_path, category)
    with pytest.raises(VadlineError, match=r"set source\.root to BTAD's top folder"):
        read_btad(tmp_path / "01")
    shutil.rmtree(tmp_path / "01/test/ko")
    with pytest.raises(VadlineError, match=r"01/test/ko does not exist: .* bad parts"):
        read_btad(tmp_path, "01")

"""MVTec LOCO AD as its publisher ships it: several masks a part, and a validation part."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.sources.own_folders import mvtec, mvtec_loco, touch

from vadline.errors import VadlineError
from vadline.images import ImageParams, ingest
from vadline.sources import SourceParams, read_source
from vadline.sources.mvtec_loco import read_mvtec_loco


def test_the_validation_part_trains_and_kinds_are_kept(tmp_path):
    mvtec_loco(tmp_path)
    touch(tmp_path, "pushpins/test/logical_anomalies/1.png")
    found = {record.image_id: record for record in read_mvtec_loco(tmp_path, "pushpins")}
    assert {i: (r.label, r.defect, r.source_split) for i, r in found.items()} == {
        "train/good/0": ("good", "good", "train"),
        "validation/good/0": ("good", "good", "train"),
        "test/good/0": ("good", "good", "test"),
        "test/logical_anomalies/0": ("bad", "logical_anomalies", "test"),
        "test/logical_anomalies/1": ("bad", "logical_anomalies", "test"),
        "test/structural_anomalies/0": ("bad", "structural_anomalies", "test"),
    }
    masks = tmp_path / "pushpins/ground_truth"
    assert found["test/logical_anomalies/0"].mask_path == masks / "logical_anomalies/0"
    assert found["test/logical_anomalies/1"].mask_path is None
    assert found["test/good/0"].mask_path is None


def test_the_masks_of_a_part_mark_it_together(tmp_path):
    mvtec_loco(tmp_path)
    for path in tmp_path.rglob("*.png"):
        Image.new("L", (32, 32), 90).save(path)
    masks = tmp_path / "pushpins/ground_truth/logical_anomalies/0"
    for name, value, rows in (("000", 255, slice(0, 2)), ("001", 254, slice(8, 10))):
        pixels = np.zeros((32, 32), np.uint8)
        pixels[rows] = value
        Image.fromarray(pixels).save(masks / f"{name}.png")
    source = SourceParams(name="mvtec_loco", root=str(tmp_path), category="pushpins")
    read = ingest(read_source(source), ImageParams(size=32), tmp_path / "out")
    row = read.manifest["image_id"].tolist().index("test/logical_anomalies/0")
    assert read.manifest["mask_path"][row] == str(masks)
    assert np.flatnonzero(np.load(read.masks)[row].any(axis=1)).tolist() == [0, 1, 8, 9]


def test_a_product_alone_and_what_is_missing(tmp_path):
    mvtec_loco(tmp_path)
    mvtec_loco(tmp_path, "juice_bottle")
    assert {r.category for r in read_mvtec_loco(tmp_path / "pushpins", "pushpins")} == {"pushpins"}
    for category in (None, "screw"):
        with pytest.raises(VadlineError, match=r"source\.category.*juice_bottle, pushpins"):
            read_mvtec_loco(tmp_path, category)
    with pytest.raises(VadlineError, match=r"set source\.root to MVTec LOCO AD's top folder"):
        read_mvtec_loco(tmp_path / "pushpins")
    mvtec(tmp_path)
    with pytest.raises(VadlineError, match=r"screw/validation/good does not exist"):
        read_mvtec_loco(tmp_path, "screw")

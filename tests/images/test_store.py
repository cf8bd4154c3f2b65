"""Ingesting: one pass from files to arrays, a manifest and a report."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.errors import VadlineError
from vadline.images import ingest
from vadline.images.decode import decode
from vadline.sources import COLUMNS, Record, read_source


def record(path: Path, label="good", mask_path=None) -> Record:
    return Record(f"{label}/{path.stem}", path, label, label, mask_path, "train", "bolt", "1,2")


def save(path: Path, shape=(12, 12), seed=0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Six goods and two bads, one with a mask, among files of every broken sort."""
    root = tmp_path / "root"
    for i in range(6):
        save(root / f"good/{i}.png", seed=i)
    (root / "good/copy.png").write_bytes((root / "good/3.png").read_bytes())
    save(root / "good/wide.jpg", (12, 24, 3), 7)
    (root / "good/cut.png").write_bytes((root / "good/0.png").read_bytes()[:60])
    (root / "good/empty.png").write_bytes(b"")
    (root / "good/text.JPG").write_text("no image")
    save(root / "bad/dent/a.png", seed=8)
    save(root / "bad/dent/b.png", seed=9)
    mask = np.zeros((12, 12), np.uint8)
    mask[:6] = 7
    (root / "masks/bad/dent").mkdir(parents=True)
    Image.fromarray(mask).save(root / "masks/bad/dent/a.png")
    Image.fromarray(mask[:5]).save(root / "masks/bad/dent/b.png")
    return root


def test_rows_of_manifest_images_and_masks_belong_together(folder, tmp_path):
    records = read_source("folder", folder)
    result = ingest(records, 6, scratch=tmp_path / "scratch", workers=3)
    manifest = result.manifest
    assert tuple(manifest.columns) == COLUMNS
    assert len(manifest) == len(result.images) == len(result.masks) == 10
    assert result.images.dtype == result.masks.dtype == np.uint8
    assert result.images.shape[1:] == (6, 6, 3)
    unreadable = ("cut", "empty", "text")
    assert manifest["image_id"].tolist() == [
        r.image_id for r in records if r.path.stem not in unreadable
    ]
    for row, image, mask in zip(manifest.itertuples(), result.images, result.masks, strict=True):
        data = Path(row.path).read_bytes()
        pixels, size = decode(data, 6)
        np.testing.assert_array_equal(image, pixels)
        assert (row.width, row.height) == size
        assert row.sha256 == hashlib.sha256(data).hexdigest()
        has_mask = row.image_id == "bad/dent/a"
        assert pd.notna(row.mask_path) == has_mask
        expected = np.repeat([[1], [0]], 3, axis=0) * has_mask
        np.testing.assert_array_equal(mask, np.broadcast_to(expected, (6, 6)))


def test_the_report_names_what_was_wrong(folder, tmp_path):
    report = ingest(read_source("folder", folder), 6, scratch=tmp_path).report
    assert json.loads(json.dumps(report)) == report
    assert report["counts"] == {
        "listed": 13,
        "read": 10,
        "refused": 3,
        "good": 8,
        "bad": 2,
        "with_mask": 1,
        "masks_refused": 1,
        "duplicates": 1,
    }
    assert {Path(r["path"]).name for r in report["refused"]} == {"cut.png", "empty.png", "text.JPG"}
    assert all(r["reason"] for r in report["refused"])
    assert [Path(p).name for p in report["duplicates"][0]] == ["3.png", "copy.png"]
    assert "12x5" in report["masks_refused"][0]["reason"]
    assert report["odd_sizes"]["common"] == [12, 12]
    assert [Path(p).name for p in report["odd_sizes"]["files"]] == ["wide.jpg"]


def test_the_result_does_not_depend_on_the_number_of_threads(folder, tmp_path):
    records = read_source("folder", folder)
    one = ingest(records, 6, scratch=tmp_path / "one", workers=1)
    many = ingest(records, 6, scratch=tmp_path / "many", workers=8)
    pd.testing.assert_frame_equal(one.manifest, many.manifest)
    np.testing.assert_array_equal(one.images, many.images)
    np.testing.assert_array_equal(one.masks, many.masks)
    assert one.report == many.report


def test_a_second_call_leaves_the_arrays_of_the_first_alone(tmp_path):
    first = ingest([record(save(tmp_path / "a.png", seed=1))], 4, scratch=tmp_path)
    before = np.array(first.images)
    ingest([record(save(tmp_path / "b.png", seed=2))], 4, scratch=tmp_path)
    np.testing.assert_array_equal(first.images, before)


def test_the_arrays_are_on_disk(tmp_path):
    result = ingest([record(save(tmp_path / "a.png"))], 4, scratch=tmp_path / "scratch")
    assert isinstance(result.images, np.memmap)
    on_disk = np.load(tmp_path / "scratch" / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(on_disk, result.images)


def test_sixteen_bit_maximum_reaches_the_decoder(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((4, 4), 4095, np.uint16)).save(path)
    assert ingest([record(path)], 4, scratch=tmp_path).images.max() == 16
    assert (ingest([record(path)], 4, scratch=tmp_path, sixteen_bit_max=4095).images == 255).all()


def test_masks_that_cannot_be_used_are_unknown_not_empty(tmp_path):
    good = save(tmp_path / "good.png")
    bad = save(tmp_path / "bad.png")
    black = tmp_path / "black.png"
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(black)
    for mask, reason in ((black, "marks no pixel"), (tmp_path / "none.png", "does not exist")):
        result = ingest([record(good), record(bad, "bad", mask)], 4, scratch=tmp_path)
        assert result.manifest["mask_path"].isna().all()
        assert reason in result.report["masks_refused"][0]["reason"]


def test_a_missing_file_is_refused(tmp_path):
    records = [record(save(tmp_path / "a.png")), record(tmp_path / "gone.png")]
    refused = ingest(records, 4, scratch=tmp_path).report["refused"]
    assert [Path(r["path"]).name for r in refused] == ["gone.png"]


def test_nothing_readable_or_nothing_good_is_an_error(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    with pytest.raises(VadlineError, match=r"no image could be read.*broken\.png"):
        ingest([record(broken)], 4, scratch=tmp_path)
    with pytest.raises(VadlineError, match="no good image"):
        ingest([record(broken), record(save(tmp_path / "b.png"), "bad")], 4, scratch=tmp_path)
    with pytest.raises(VadlineError, match=r"source\.root"):
        ingest([], 4, scratch=tmp_path)


@pytest.mark.parametrize("settings", [{"size": 0}, {"size": 4, "sixteen_bit_max": 0}])
def test_settings_out_of_range_are_named(tmp_path, settings):
    with pytest.raises(VadlineError, match="sixteen_bit_max"):
        ingest([record(save(tmp_path / "a.png"))], scratch=tmp_path, **settings)


def test_a_disk_too_small_is_found_out_before_reading(tmp_path):
    with pytest.raises(VadlineError, match="GiB free"):
        ingest([record(save(tmp_path / "a.png"))], 2**26, scratch=tmp_path)

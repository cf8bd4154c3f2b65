"""Ingesting: one pass from files to arrays, a manifest and a report."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.errors import VadlineError
from vadline.images import ImageParams, ingest
from vadline.images.decode import decode
from vadline.sources import COLUMNS, Record, SourceParams, read_source

SIZE = 32
SMALL = ImageParams(size=SIZE)


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


def own_folder(root: Path) -> list[Record]:
    return read_source(SourceParams(name="folder", root=str(root)))


def arrays(result) -> tuple[np.ndarray, np.ndarray]:
    return np.load(result.images, mmap_mode="r"), np.load(result.masks, mmap_mode="r")


def test_rows_of_manifest_images_and_masks_belong_together(folder, tmp_path):
    records = own_folder(folder)
    result = ingest(records, ImageParams(size=SIZE, workers=3), tmp_path / "scratch")
    manifest, (images, masks) = result.manifest, arrays(result)
    assert tuple(manifest.columns) == COLUMNS
    assert len(manifest) == len(images) == len(masks) == 10
    assert images.dtype == masks.dtype == np.uint8
    assert images.shape[1:] == (SIZE, SIZE, 3)
    assert result.roi.shape == (SIZE, SIZE)
    assert result.roi.all()
    unreadable = ("cut", "empty", "text")
    assert manifest["image_id"].tolist() == [
        r.image_id for r in records if r.path.stem not in unreadable
    ]
    for row, image, mask in zip(manifest.itertuples(), images, masks, strict=True):
        data = Path(row.path).read_bytes()
        pixels, size = decode(data, SIZE)
        np.testing.assert_array_equal(image, pixels)
        assert (row.width, row.height) == size
        assert row.sha256 == hashlib.sha256(data).hexdigest()
        has_mask = row.image_id == "bad/dent/a"
        assert pd.notna(row.mask_path) == has_mask
        expected = np.repeat([[1], [0]], SIZE // 2, axis=0) * has_mask
        np.testing.assert_array_equal(mask, np.broadcast_to(expected, (SIZE, SIZE)))


def test_the_report_names_what_was_wrong(folder, tmp_path):
    report = ingest(own_folder(folder), SMALL, tmp_path).report
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
    records = own_folder(folder)
    one = ingest(records, ImageParams(size=SIZE, workers=1), tmp_path / "one")
    many = ingest(records, ImageParams(size=SIZE, workers=8), tmp_path / "many")
    pd.testing.assert_frame_equal(one.manifest, many.manifest)
    for first, second in zip(arrays(one), arrays(many), strict=True):
        np.testing.assert_array_equal(first, second)
    assert one.report == many.report


def test_a_second_call_leaves_the_arrays_of_the_first_alone(tmp_path):
    first, _ = arrays(ingest([record(save(tmp_path / "a.png", seed=1))], SMALL, tmp_path))
    before = np.array(first)
    ingest([record(save(tmp_path / "b.png", seed=2))], SMALL, tmp_path)
    np.testing.assert_array_equal(first, before)


def test_sixteen_bit_maximum_reaches_the_decoder(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((4, 4), 4095, np.uint16)).save(path)
    for maximum, expected in ((65535, 16), (4095, 255), (None, 255)):
        params = ImageParams(size=SIZE, sixteen_bit_max=maximum)
        assert (arrays(ingest([record(path)], params, tmp_path))[0] == expected).all()


def test_masks_that_cannot_be_used_are_unknown_not_empty(tmp_path):
    good = save(tmp_path / "good.png")
    bad = save(tmp_path / "bad.png")
    black = tmp_path / "black.png"
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(black)
    for mask, reason in ((black, "marks no pixel"), (tmp_path / "none.png", "does not exist")):
        result = ingest([record(good), record(bad, "bad", mask)], SMALL, tmp_path)
        assert result.manifest["mask_path"].isna().all()
        assert reason in result.report["masks_refused"][0]["reason"]


def test_a_missing_file_is_refused(tmp_path):
    records = [record(save(tmp_path / "a.png")), record(tmp_path / "gone.png")]
    refused = ingest(records, SMALL, tmp_path).report["refused"]
    assert [Path(r["path"]).name for r in refused] == ["gone.png"]


def test_nothing_readable_or_nothing_good_is_an_error(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    with pytest.raises(VadlineError, match=r"no image could be read.*broken\.png"):
        ingest([record(broken)], SMALL, tmp_path)
    with pytest.raises(VadlineError, match="no good image"):
        ingest([record(broken), record(save(tmp_path / "b.png"), "bad")], SMALL, tmp_path)
    with pytest.raises(VadlineError, match=r"source\.root"):
        ingest([], SMALL, tmp_path)


def test_a_disk_too_small_is_found_out_before_reading(tmp_path, monkeypatch):
    need = 2 * SIZE * SIZE * 4  # once: images and masks go straight to where they stay
    records = [record(save(tmp_path / f"{i}.png")) for i in range(2)]
    usage = shutil.disk_usage(tmp_path)
    for free, enough in ((need, True), (need - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        if enough:
            ingest(records, SMALL, tmp_path / "first")
        else:
            with pytest.raises(VadlineError, match=rf"{tmp_path}/second has .* images\.size"):
                ingest(records, SMALL, tmp_path / "second")
            assert not list((tmp_path / "second").iterdir())


def test_a_failure_leaves_no_array_behind(tmp_path):
    (tmp_path / "broken.png").write_text("no image")
    with pytest.raises(VadlineError):
        ingest([record(tmp_path / "broken.png")], SMALL, tmp_path / "scratch")
    assert not list((tmp_path / "scratch").iterdir())

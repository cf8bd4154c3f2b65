"""Each adapter on a tiny tree in its publisher's layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vadline.errors import VadlineError
from vadline.sources import SourceParams, is_unseen
from vadline.sources import read_source as read_any
from vadline.sources.elpv import read_elpv


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def read_source(name, root, category=None):
    return read_any(SourceParams(name=name, root=root and str(root), category=category))


def by_id(records):
    return {record.image_id: record for record in records}


@pytest.fixture
def vad(tmp_path):
    touch(tmp_path, "train/good/1.png", "train/good/2.PNG", "train/bad/1.png", "train/bad/2.png")
    touch(tmp_path, "train/bad/3.png", "test/good/1.png", "test/bad/1.png", "test/bad/9.png")
    touch(tmp_path, "test/bad_unseen_defects/1.png")
    return tmp_path


def test_vad_reads_splits_labels_and_unseen_defects(vad):
    records = read_source("vad", vad)
    assert [record.image_id for record in records] == [
        "test/bad/1",
        "test/bad/9",
        "test/bad_unseen_defects/1",
        "test/good/1",
        "train/bad/1",
        "train/bad/2",
        "train/bad/3",
        "train/good/1",
        "train/good/2",
    ]
    for record in records:
        split, folder, _ = record.image_id.split("/")
        assert record.source_split == split
        assert record.label == ("good" if folder == "good" else "bad")
        assert is_unseen(record.defect) == (folder == "bad_unseen_defects")
        assert record.mask_path is None
        assert record.low_shot == ""


def test_vad_kinds_low_shot_lists_and_masks(vad):
    (vad / "low_shot_train.json").write_text(json.dumps({"1": ["1.png"], "0": ["1.png", "3.png"]}))
    (vad / "defects.csv").write_text(
        "file,defect\ntrain/bad/1.png,scratch\ntest/bad_unseen_defects/1.png,burn\n"
    )
    touch(vad, "ground_truth/train/bad/2.png", "ground_truth/bad/9.png", "ground_truth/bad/1.png")
    touch(vad, "ground_truth/bad/3.png")
    found = by_id(read_source("vad", vad))
    assert [found[f"train/bad/{i}"].low_shot for i in (1, 2, 3)] == ["0,1", "", "0"]
    assert found["test/bad/1"].low_shot == ""
    assert found["train/bad/1"].defect == "scratch"
    assert found["train/bad/2"].defect == "bad"
    assert found["test/bad_unseen_defects/1"].defect == "unseen:burn"
    truth = vad / "ground_truth"
    assert found["train/bad/2"].mask_path == truth / "train/bad/2.png"
    assert found["test/bad/9"].mask_path == truth / "bad/9.png"
    # bad/1.png could be of train/bad/1 or test/bad/1: it is the test image's.
    assert found["test/bad/1"].mask_path == truth / "bad/1.png"
    assert found["train/bad/1"].mask_path is None
    assert found["train/bad/3"].mask_path == truth / "bad/3.png"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("low_shot_train.json", '{"0": ["7.png"]}', "7.png"),
        ("low_shot_train.json", "{", "low_shot_train.json"),
        ("low_shot_train.json", "[1]", "low_shot_train.json"),
        ("low_shot_train.json", '{"0": [1]}', "low_shot_train.json"),
        ("defects.csv", "path,kind\n", "defects.csv needs the columns"),
        ("defects.csv", "file,defect\ntrain/bad/7.png,x\n", "train/bad/7.png"),
        ("defects.csv", "file,defect\ntrain/bad/1.png,\n", "train/bad/1.png"),
    ],
)
def test_vad_malformed_lists_are_named(vad, name, text, message):
    (vad / name).write_text(text)
    with pytest.raises(VadlineError, match=message):
        read_source("vad", vad)


def test_mvtec(tmp_path):
    touch(tmp_path, "screw/train/good/000.png", "screw/test/good/000.png", "license.txt")
    touch(tmp_path, "screw/test/thread/000.png", "screw/test/thread/001.png")
    touch(tmp_path, "screw/ground_truth/thread/000_mask.png", "grid/train/good/000.png")
    found = by_id(read_source("mvtec", tmp_path, "screw"))
    assert set(found) == {"train/good/000", "test/good/000", "test/thread/000", "test/thread/001"}
    assert found["test/good/000"].label == found["test/good/000"].defect == "good"
    thread = found["test/thread/000"]
    assert (thread.label, thread.defect, thread.source_split) == ("bad", "thread", "test")
    assert thread.mask_path == tmp_path / "screw/ground_truth/thread/000_mask.png"
    assert found["test/thread/001"].mask_path is None
    assert {record.category for record in found.values()} == {"screw"}
    for category in (None, "bolt"):
        with pytest.raises(VadlineError, match=r"source\.category.*grid, screw"):
            read_source("mvtec", tmp_path, category)
    with pytest.raises(VadlineError, match="top folder"):
        read_source("mvtec", tmp_path / "screw")


def test_mvtec_of_linked_kinds(tmp_path):
    touch(tmp_path, "disk/thread/000.png", "disk/good/000.png", "root/screw/train/good/000.png")
    (tmp_path / "root/screw/test").mkdir()
    for kind in ("thread", "good"):
        (tmp_path / "root/screw/test" / kind).symlink_to(tmp_path / "disk" / kind)
    found = by_id(read_source("mvtec", tmp_path / "root", "screw"))
    assert set(found) == {"train/good/000", "test/good/000", "test/thread/000"}
    assert found["test/thread/000"].defect == "thread"


def test_visa(tmp_path):
    table = tmp_path / "split_csv/1cls.csv"
    with pytest.raises(VadlineError, match=r"1cls\.csv is missing"):
        read_source("visa", tmp_path, "candle")
    touch(tmp_path, "split_csv/1cls.csv")
    with pytest.raises(VadlineError, match="needs the columns"):
        read_source("visa", tmp_path, "candle")
    table.write_text(
        "object,split,label,image,mask\n"
        "candle,train,normal,candle/Data/Images/Normal/0000.JPG,\n"
        "candle,test,anomaly,candle/Data/Images/Anomaly/0000.JPG,candle/Data/Masks/Anomaly/0000.png\n"
        "pcb1,test,normal,pcb1/Data/Images/Normal/0000.JPG,\n"
    )
    anomaly, normal = read_source("visa", tmp_path, "candle")
    assert anomaly.image_id == "Data/Images/Anomaly/0000"
    assert anomaly.path == tmp_path / "candle/Data/Images/Anomaly/0000.JPG"
    assert anomaly.mask_path == tmp_path / "candle/Data/Masks/Anomaly/0000.png"
    assert (anomaly.label, anomaly.defect, anomaly.source_split) == ("bad", "anomaly", "test")
    assert (normal.label, normal.defect, normal.mask_path) == ("good", "good", None)
    with pytest.raises(VadlineError, match="candle, pcb1"):
        read_source("visa", tmp_path)
    table.write_text(table.read_text().replace("pcb1,test", "pcb1,dev"))
    with pytest.raises(VadlineError, match="'dev'"):
        read_source("visa", tmp_path, "pcb1")


def test_mtd(tmp_path):
    touch(tmp_path, *(f"MT_Free/Imgs/{i}.{s}" for i in "ab" for s in ("jpg", "png")))
    touch(tmp_path, "MT_Crack/Imgs/c.jpg", "MT_Crack/Imgs/c.png", "MT_Crack/Imgs/d.jpg")
    with pytest.raises(VadlineError, match=r"mtd_train_filenames\.txt is missing"):
        read_source("mtd", tmp_path)
    (tmp_path / "mtd_train_filenames.txt").write_text("b.jpg\n\n")
    found = by_id(read_source("mtd", tmp_path))
    assert {i: r.source_split for i, r in found.items()} == {
        "MT_Crack/c": "test",
        "MT_Crack/d": "test",
        "MT_Free/a": "test",
        "MT_Free/b": "train",
    }
    assert found["MT_Crack/c"].defect == "crack"
    assert found["MT_Crack/c"].mask_path == tmp_path / "MT_Crack/Imgs/c.png"
    assert found["MT_Crack/d"].mask_path is found["MT_Free/a"].mask_path is None
    (tmp_path / "mtd_train_filenames.txt").write_text("b.jpg\nz.jpg\n")
    with pytest.raises(VadlineError, match=r"z\.jpg"):
        read_source("mtd", tmp_path)


def test_elpv_keeps_the_certain_cells(tmp_path):
    (tmp_path / "labels.csv").write_text(
        "images/cell1.png  1.0   mono\nimages/cell2.png  0.0   poly\n"
        "images/cell3.png  0.3333333333333333   poly\nimages/cell4.png  1.0   poly\n"
    )
    found = by_id(read_elpv(tmp_path))
    assert {i: (r.label, r.defect, r.category) for i, r in found.items()} == {
        "cell1": ("bad", "mono", "mono"),
        "cell2": ("good", "good", "poly"),
        "cell4": ("bad", "poly", "poly"),
    }
    assert {r.source_split for r in found.values()} == {"unassigned"}
    assert set(by_id(read_elpv(tmp_path, "poly"))) == {"cell2", "cell4"}
    with pytest.raises(VadlineError, match="mono, poly"):
        read_elpv(tmp_path, "thin")
    (tmp_path / "labels.csv").write_text("images/cell1.png 1.0\n")
    with pytest.raises(VadlineError, match="line 1"):
        read_elpv(tmp_path)


def test_elpv_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("vadline.sources.elpv.find_spec", lambda name: None)
    with pytest.raises(VadlineError, match=r'pip install "vadline\[elpv\]"'):
        read_source("elpv", None)


def test_elpv_package_has_the_published_counts():
    pytest.importorskip("elpv_dataset")
    records = read_source("elpv", None)
    assert sum(r.label == "good" for r in records) == 1508
    assert sum(r.label == "bad" for r in records) == 715
    assert all(r.path.is_file() for r in records)


def test_folder_kinds_masks_and_what_is_no_image(tmp_path):
    touch(tmp_path, "good/1.PNG", "good/shift2/2.jpeg", "good/.hidden.png", "good/notes.txt")
    touch(tmp_path, "good/.DS_Store", "good/.thumbs/1.png", "bad/0.tif", "bad/dent/1.bmp")
    touch(tmp_path, "bad/dent/deep/2.Jpg", "masks/bad/dent/1.png", "roi.png")
    found = by_id(read_source("folder", tmp_path, "bolt"))
    assert {i: r.defect for i, r in found.items()} == {
        "good/1": "good",
        "good/shift2/2": "good",
        "bad/0": "bad",
        "bad/dent/1": "dent",
        "bad/dent/deep/2": "dent",
    }
    assert found["bad/dent/1"].mask_path == tmp_path / "masks/bad/dent/1.png"
    assert found["bad/0"].mask_path is None
    assert {r.source_split for r in found.values()} == {"unassigned"}
    assert {r.category for r in found.values()} == {"bolt"}


def test_folder_with_its_own_test_part(tmp_path):
    touch(tmp_path, "good/1.png", "bad/1.png", "test/good/1.png", "test/bad/dent/1.png")
    touch(tmp_path, "masks/test/bad/dent/1.png")
    found = by_id(read_source("folder", tmp_path))
    assert {i: r.source_split for i, r in found.items()} == {
        "good/1": "train",
        "bad/1": "train",
        "test/good/1": "test",
        "test/bad/dent/1": "test",
    }
    assert found["test/bad/dent/1"].mask_path == tmp_path / "masks/test/bad/dent/1.png"
    assert found["test/bad/dent/1"].defect == "dent"


def test_folder_without_bads_is_one_class(tmp_path):
    touch(tmp_path, "good/1.png")
    (tmp_path / "bad").mkdir()
    assert [r.label for r in read_source("folder", tmp_path)] == ["good"]


def test_names_that_differ_in_their_suffix_only_stay_apart(tmp_path):
    touch(tmp_path, "good/1.png", "good/1.jpg", "good/2.png")
    ids = [record.image_id for record in read_source("folder", tmp_path)]
    assert ids == ["good/1.jpg", "good/1.png", "good/2"]

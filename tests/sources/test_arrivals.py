"""New and vanished files of a source are known without opening one."""

import os

import numpy as np
import pytest
from PIL import Image
from tests.sources.own_folders import mvtec_loco

from vadline.images import ImageParams, ingest
from vadline.sources import SourceParams, changes_since, read_source
from vadline.sources.arrivals import Changes


@pytest.fixture
def parts(tmp_path):
    root = tmp_path / "parts"
    for name in ("good/0", "good/1", "bad/a", "masks/bad/a"):
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 200, np.uint8)).save(path)
    (root / "good/broken.png").write_text("no photograph")
    return root


def since(parts, change=lambda: None, reviewed=()):
    """Return what has changed since the folder was read, which was just after it was filled."""
    read_at = max(file.stat().st_ctime for file in parts.rglob("*.png"))
    source = SourceParams(name="folder", root=str(parts))
    read = ingest(read_source(source), ImageParams(size=32), parts.parent / "out")
    manifest = read.manifest
    manifest["reviewed"] = manifest["image_id"].isin(reviewed)
    change()
    return changes_since(read_source(source), manifest, read.report, read_at)


def test_what_was_refused_is_not_new(parts):
    found = since(parts)
    assert found == ([], [], [])
    assert found.in_words() == ""


def test_photographs_and_masks_that_come_and_go_are_named(parts):
    def change():
        (parts / "good/1.png").rename(parts / "good/2.png")
        (parts / "bad/b.png").write_bytes((parts / "bad/a.png").read_bytes())
        (parts / "masks/bad/b.png").write_bytes((parts / "masks/bad/a.png").read_bytes())

    found = since(parts, change)
    assert found.new == [
        str(parts / name) for name in ("bad/b.png", "good/2.png", "masks/bad/b.png")
    ]
    assert found.gone == [str(parts / "good/1.png")]
    assert "3 files are new" in found.in_words()
    assert "1 file is gone" in found.in_words()


def test_what_people_have_judged_from_elsewhere_is_not_gone(parts):
    assert since(parts, (parts / "good/1.png").unlink, ["good/1"]) == ([], [], [])


def test_a_photograph_under_its_old_name_and_a_mended_one_are_changed(parts):
    def change():
        older = (parts / "good/0.png").stat().st_mtime - 1000
        Image.fromarray(np.full((8, 8), 90, np.uint8)).save(parts / "good/0.png")
        os.utime(parts / "good/0.png", (older, older))  # as a copy may leave it
        Image.fromarray(np.full((8, 8), 200, np.uint8)).save(parts / "good/broken.png")
        Image.fromarray(np.full((8, 8), 255, np.uint8)).save(parts / "masks/bad/a.png")

    found = since(parts, change)
    names = ("good/0.png", "good/broken.png", "masks/bad/a.png")
    assert found == ([], [], [str(parts / name) for name in names])
    assert found.in_words() == f"3 files are changed ({parts / names[0]}, ...)"


def test_a_photograph_that_was_only_touched_is_not_changed(parts):
    assert since(parts, (parts / "good/0.png").touch) == ([], [], [])


def test_a_mask_rewritten_in_a_folder_of_masks_is_a_change(tmp_path):
    mvtec_loco(tmp_path)
    for path in tmp_path.rglob("*.png"):
        Image.fromarray(np.full((8, 8), 200, np.uint8)).save(path)
    records = read_source(SourceParams(name="mvtec_loco", root=str(tmp_path), category="pushpins"))
    read = ingest(records, ImageParams(size=32), tmp_path / "out")
    mask = tmp_path / "pushpins/ground_truth/logical_anomalies/0/000.png"
    read_at = max(path.stat().st_mtime for path in tmp_path.rglob("*"))
    assert changes_since(records, read.manifest, read.report, read_at) == ([], [], [])
    os.utime(mask, (read_at + 1, read_at + 1))
    changed = changes_since(records, read.manifest, read.report, read_at).changed
    assert changed == [str(mask.parent)]


def test_kinds_of_changes_are_told_in_one_sentence():
    told = Changes(["a"], ["b", "c"], ["d"]).in_words()
    assert told == "1 file is new (a), 2 files are gone (b, ...) and 1 file is changed (d)"

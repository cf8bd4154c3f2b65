"""Real-IAD as its publisher ships it: a list per product names photographs, masks and kinds."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.sources.own_folders import real_iad

from vadline.errors import VadlineError
from vadline.sources.real_iad import read_real_iad


def test_the_list_tells_splits_kinds_and_masks(tmp_path):
    real_iad(tmp_path)
    good, hidden, bad = read_real_iad(tmp_path, "usb")
    photographs = tmp_path / "realiad_1024/usb"
    assert good.image_id == "OK/S0001/usb_0001_OK_C1_1"
    assert good.path == photographs / "OK/S0001/usb_0001_OK_C1_1.jpg"
    assert (good.label, good.defect, good.source_split) == ("good", "good", "train")
    assert (bad.label, bad.defect, bad.source_split) == ("bad", "AK", "test")
    assert bad.mask_path == photographs / "NG/AK/S0003/usb_0003_NG_AK_C1_1_mask.png"
    assert {record.category for record in (good, hidden, bad)} == {"usb"}


@pytest.mark.parametrize("kind", ["OK", "AK"])
def test_a_defect_that_the_camera_does_not_see_makes_no_bad_part(kind, tmp_path):
    real_iad(tmp_path)
    rewrite(tmp_path, lambda content: content["test"][0].update(anomaly_class=kind))
    _, hidden, _ = read_real_iad(tmp_path, "usb")
    assert hidden.path.is_relative_to(tmp_path / "realiad_1024/usb/NG")
    assert (hidden.label, hidden.defect, hidden.mask_path) == ("good", "good", None)


def test_the_photographs_are_those_of_the_experiments_or_what_is_there(tmp_path):
    real_iad(tmp_path)
    shutil.copytree(tmp_path / "realiad_1024", tmp_path / "realiad_256")
    assert read_real_iad(tmp_path, "usb")[0].path.is_relative_to(tmp_path / "realiad_1024")
    shutil.rmtree(tmp_path / "realiad_1024")
    assert all(record.path.is_file() for record in read_real_iad(tmp_path, "usb"))
    shutil.rmtree(tmp_path / "realiad_256")
    with pytest.raises(VadlineError, match=r"realiad_1024/usb does not exist: .*realiad_256"):
        read_real_iad(tmp_path, "usb")


def test_what_is_missing_is_named(tmp_path):
    real_iad(tmp_path)
    real_iad(tmp_path, "toy")
    for category in (None, "screw"):
        with pytest.raises(VadlineError, match=r"source\.category.*toy, usb"):
            read_real_iad(tmp_path, category)
    (tmp_path / "realiad_jsons_sv").rename(tmp_path / "realiad_jsons")  # those of all views
    with pytest.raises(VadlineError, match=r"realiad_jsons_sv is missing"):
        read_real_iad(tmp_path, "usb")


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("test"),
        lambda content: content["meta"].pop("prefix"),
        lambda content: content["test"][0].pop("mask_path"),
        lambda content: content["test"].append(None),
    ],
)
def test_a_malformed_list_is_named(change, tmp_path):
    real_iad(tmp_path)
    rewrite(tmp_path, change)
    with pytest.raises(VadlineError, match=r"usb\.json is no list of Real-IAD"):
        read_real_iad(tmp_path, "usb")


def test_lists_of_several_views_are_refused(tmp_path):
    real_iad(tmp_path)
    rewrite(
        tmp_path, lambda content: content["train"][0].update(image_path="OK/S1/usb_1_OK_C3_1.jpg")
    )
    with pytest.raises(VadlineError, match="names the views C1, C3"):
        read_real_iad(tmp_path, "usb")


def rewrite(root, change):
    """Change what the list says."""
    path = root / "realiad_jsons_sv/usb.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))

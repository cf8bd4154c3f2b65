"""The report of a run, as the line makes it."""

import re

import mlflow
import numpy as np
import pandas as pd
from PIL import Image
from tests.report.worlds import script_data, sections

from vadline.detectors import AnomalyMaps
from vadline.pipelines.evaluate.report import draw_report, gather_parts


def test_a_run_leaves_a_report_that_says_what_its_decisions_say(finished):
    page, decisions = finished.load("report"), finished.load("decisions")
    assert sections(page) == ["threshold", "parts", "all", "defects", "numbers", "how"]
    for decision, count in decisions["decision"].value_counts().items():
        assert f'data-count="{decision}">{count}<' in page
    data = script_data(page)
    rejected = decisions[decisions["decision"] == "reject"]
    for group in data["groups"]:
        mine = rejected[rejected["part"] == group["name"]]["label"].value_counts()
        assert group["goods_rejected"] == mine.get("good", 0)
        assert group["bads_caught"] == mine.get("bad", 0)
    assert {part["id"] for part in data["parts"]} == set(decisions["image_id"])
    assert all(part["path"].endswith(".png") for part in data["parts"])
    for words in ("demo/test", "24 good, 10 bad", "cross_fit", "nearest good", "White outline"):
        assert words in page
    settings = page[page.index('<section id="how"') :]
    assert "solder_dots" in settings
    (picture,) = re.findall(r'src="(data:image/jpeg[^"]+)"', settings)
    assert len(picture) < 60_000
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert len(page) < 2e6


def test_mlflow_keeps_the_report(finished):
    (run,) = finished.mlflow_runs().to_dict("records")
    files = {file.path for file in mlflow.MlflowClient().list_artifacts(run["run_id"], "files")}
    assert "files/report.html" in files


def test_masks_that_nobody_knows_are_not_drawn():
    split = pd.DataFrame({"image_id": ["a", "b"], "mask_known": [True, False]})
    split[["detector", "calibration"]] = [[True, False], [False, False]]
    called = {"score": [2.0, 1.0], "threshold": 1.5, "decision": ["reject", "accept"]}
    decisions = pd.DataFrame({"image_id": ["b", "a"], "label": ["bad", "good"], **called})
    manifest = pd.DataFrame(
        {"image_id": ["a", "b"], "path": ["/a.png", "/b.png"], "width": 64, "height": 64}
    )
    parts = gather_parts(decisions, split, manifest, pd.DataFrame({"row": [1]}))
    assert parts[["row", "path", "mask_known", "refined"]].to_numpy().tolist() == [
        [1, "/b.png", False, 0],
        [0, "/a.png", True, -1],
    ]
    empty = gather_parts(decisions, split, manifest, pd.DataFrame({"row": []}))
    assert (empty["refined"] == -1).all()
    images, masks = np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 8, 8), np.uint8)
    maps = AnomalyMaps(np.zeros((2, 2, 2), np.float32), 8, 0.0)
    words = {"product": "x/y", "made": "today", "tables": {}}
    page = draw_report(words, empty, images, masks, split, 4, maps)
    assert page.count("<article") == 2
    assert "Blue outline" not in page.replace("White outline", "Blue outline")  # "b" is not marked
    assert "Blue outline" in draw_report(words, parts, images, masks, split, 4, maps, masks)


def test_each_rejected_part_has_its_pictures(finished):
    rejected = finished.load("decisions").query("decision == 'reject'").set_index("image_id")
    sizes = finished.load("manifest").set_index("image_id")[["width", "height"]]
    parts = finished.load("parts_folder")
    assert {mask.parent for mask in parts.rglob("mask.png")} == {
        parts / name for name in rejected.index
    }
    for name, part in rejected.iterrows():
        folder = parts / name
        assert {path.name for path in folder.iterdir()} == {"map.png", "mask.png", "overlay.png"}
        with Image.open(folder / "mask.png") as mask:
            assert mask.size == tuple(sizes.loc[name])
            assert (np.asarray(mask) > 0).sum() == part["defect_area"]

"""What is written of each part and of each of its defects."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.detectors import AnomalyMaps
from vadline.inspection.result import find_defects
from vadline.pipelines.evaluate.parts import add_defects, draw_parts, tabulate_defects

BOX = ["left", "top", "right", "bottom"]


@pytest.fixture
def decided():
    """Return two rejected parts and one that passed."""
    return pd.DataFrame(
        {
            "image_id": ["two", "blank", "passed"],
            "label": ["bad", "good", "bad"],
            "defect": ["scratch", "good", "dent"],
            "decision": ["reject", "reject", "accept"],
        }
    )


@pytest.fixture
def drawn(decided, tmp_path):
    """Return what was drawn: of the first part two defects, of the second none."""
    maps = np.zeros((3, 16, 16), np.float32)
    maps[0, 2:6, 3:13] = 1
    maps[0, 10, 10:12] = 1
    files = [tmp_path / f"{name}.png" for name in decided["image_id"]]
    for file in files:
        Image.new("RGB", (32, 16), (90, 90, 90)).save(file)
    where = {"row": [0, 1, 2], "refined": -1, "path": files, "width": 32, "height": 16}
    roi, none = np.ones((16, 16), bool), np.empty((0, 16, 16), np.uint8)
    given = decided.assign(**where), roi, AnomalyMaps(maps, 16, 0.0), {"threshold": 0.5}, none

    def draw(which="rejected"):
        return draw_parts(*given, which, 65535, tmp_path / "parts")

    return draw


def test_each_defect_is_a_row_with_its_box_area_and_kind(decided, drawn):
    table = tabulate_defects(drawn()[1], decided, 0.5)
    assert table["image_id"].tolist() == ["two", "two"]
    assert table["kind"].tolist() == ["scratch"] * 2
    assert table["number"].tolist() == [1, 2]
    assert table[BOX].to_numpy().tolist() == [[6, 2, 26, 6], [20, 10, 24, 11]]
    assert table["area"].tolist() == [80, 4]
    assert table["area_mm2"].tolist() == [20.0, 1.0]


def test_each_part_has_the_sum_of_its_defects_and_the_largest_one_s_box(decided, drawn):
    table = add_defects(decided, 0.5, drawn()[0]).set_index("image_id")
    assert list(table.index) == decided["image_id"].tolist()
    assert table["defects"].fillna(-1).tolist() == [2, 0, -1]
    assert table["defect_area"].fillna(-1).tolist() == [84, 0, -1]
    assert table["defect_area_mm2"].fillna(-1).tolist() == [21.0, 0.0, -1.0]
    assert table.loc["two", BOX].tolist() == [6, 2, 26, 6]
    assert table.loc[["blank", "passed"], BOX].isna().all(axis=None)


@pytest.mark.parametrize("which", ["none", "all"])
def test_tables_keep_one_shape_whatever_is_drawn_and_known(decided, drawn, which):
    parts, defects = drawn(which)
    assert len(parts) == {"none": 0, "all": 3}[which]
    whole = add_defects(decided, None, parts)
    assert whole["defect_area_mm2"].isna().all()
    without_masks = add_defects(decided, 0.5)
    assert without_masks["defects"].isna().all()
    assert list(whole) == list(without_masks)
    table = tabulate_defects(defects, decided, None)
    assert table["area_mm2"].isna().all()
    assert list(table) == ["image_id", "kind", "number", *BOX, "area", "area_mm2", "pictures"]


def test_a_run_tells_of_each_rejected_part_what_its_mask_shows(finished):
    parts = finished.load("decisions").set_index("image_id")
    defects = finished.load("defects").groupby("image_id")
    assert (parts["defects"].notna() == (parts["decision"] == "reject")).all()
    for name, part in parts[parts["defects"] > 0].iterrows():
        own = defects.get_group(name)
        with Image.open(finished.load("parts_folder") / name / "mask.png") as mask:
            found = find_defects((np.asarray(mask) > 0).astype(np.uint8))
        assert own[BOX].to_numpy().tolist() == [list(defect.box) for defect in found]
        assert own["area"].tolist() == [defect.area for defect in found]
        assert (part["defects"], part["defect_area"]) == (len(own), own["area"].sum())
        assert tuple(part[BOX]) == found[0].box
        assert set(own["kind"].fillna("good")) == {part["defect"]}

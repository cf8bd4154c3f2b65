"""The table `refinement` on a toy line: what a threshold that papers choose would give."""

import numpy as np
import pandas as pd
import pytest

from vadline.detectors import AnomalyMaps
from vadline.metrics import as_metrics, without_kinds
from vadline.pipelines.evaluate.pictures import draw_table
from vadline.pipelines.evaluate.tables import evaluate_refinement, make_refinement_table
from vadline.report.tables import tables_in_words

SIDE = 8
ROI = np.ones((SIDE, SIDE), bool)


def world(kinds):
    """Return bad parts whose map is 3 on the defect, 2 beside it and noise below, and one good."""
    count = len(kinds) + 1
    masks = np.zeros((count, SIDE, SIDE), np.uint8)
    masks[:-1, 2:4, 2:6] = 1
    grid = np.random.default_rng(0).random(masks.shape).astype(np.float32)
    grid[:, 4:6, 2:6] = 2
    grid[masks == 1] = 3
    labels = ["bad"] * len(kinds) + ["good"]
    split = pd.DataFrame({"label": labels, "defect": [*kinds, "good"], "mask_known": True})
    log = pd.DataFrame({"row": range(count), "seconds": 1.0})
    return AnomalyMaps(grid, SIDE, 0.0), masks, split, log


def evaluate(maps, masks, split, log, found=None, roi=ROI):
    """Give the rows, each kind's below its own name; unless told, all of a part is found."""
    found = np.ones_like(masks) if found is None else found
    refined, initial, painted = (found[log["row"]],) * 3
    return evaluate_refinement(refined, initial, painted, log, maps, masks, split, roi)


def test_the_best_f1_s_masks_lie_where_the_map_is_highest_on_the_defects():
    row = evaluate(*world(["crack", "crack"]))["all"]
    assert row["iou_best_f1"] == 1
    assert row["iou_before"] == 8 / SIDE**2


def test_good_parts_do_not_choose_the_best_f1_s_threshold():
    maps, masks, split, log = world(["crack", "crack"])
    maps.grid[-1] = 9
    assert evaluate(maps, masks, split, log)["all"]["iou_best_f1"] == 1


def test_maps_outside_of_the_region_do_not_choose_the_best_f1_s_threshold():
    maps, masks, split, log = world(["crack", "crack"])
    maps.grid[:, :, 7] = 9
    roi = ROI.copy()
    roi[:, 7] = False
    assert evaluate(maps, masks, split, log, roi=roi)["all"]["iou_best_f1"] == 1


@pytest.mark.parametrize("refined", [0, 1])
def test_without_a_marked_pixel_no_f1_is_best(refined):
    maps, masks, split, log = world(["crack", "crack"])
    row = evaluate(maps, 0 * masks, split, log.iloc[: 2 * refined])["all"]
    assert "iou_best_f1" not in row
    assert row["images"] == 2 * refined


KINDS = ["scratch", "unseen:burn", "scratch"]


def table(names=("patchcore",), kinds=KINDS, maps=None):
    whole, masks, split, log = world(kinds)
    found = masks.copy()
    found[:, 2] = 0  # half of each defect
    found[1] = 0  # none of the second
    rows = evaluate(maps or whole, masks, split, log, found)
    return make_refinement_table(*[rows] * len(names), names=list(names)).set_index("row")


def test_each_kind_has_a_row_below_its_detector_s():
    rows = table(["patchcore", "padim"])
    below = ["", ": scratch", ": unseen:burn"]
    assert rows.index.tolist() == [f"{of}{kind}" for of in ("patchcore", "padim") for kind in below]
    for _, of in rows.groupby(np.repeat([0, 1], 3)):
        assert of["images"].tolist() == [3, 2, 1]
        assert of["iou"].tolist() == pytest.approx([1 / 3, 1 / 2, 0])
        assert of["iou_before"].tolist() == of["iou_initialiser"].tolist() == of["iou"].tolist()


def test_one_kind_alone_has_no_row_of_its_own():
    assert table(kinds=["scratch"] * 3).index.tolist() == ["patchcore"]


def test_kinds_are_held_against_the_threshold_of_all_parts():
    maps, masks, _, _ = world(KINDS)
    maps.grid[1][masks[1] == 1] = 2.5  # where its own best threshold would be
    maps.grid[[0, 2], 4:6, 2:6] = 2.7  # which makes 3 best for all together
    rows = table(maps=maps)
    assert rows.loc["patchcore: scratch", "iou_best_f1"] == 1
    assert rows.loc["patchcore: unseen:burn", "iou_best_f1"] == 0


def test_the_report_shows_kinds_too():
    (page,) = tables_in_words({"refinement": table()})
    assert [name for name, _ in page.rows][1] == "patchcore: scratch"
    assert "IOU at the best F1" in page.columns


def test_figure_and_terminal_leave_kinds_out_and_mlflow_has_all():
    rows = table()
    assert without_kinds(rows).index.tolist() == ["patchcore"]
    assert without_kinds(rows[:0]).columns.tolist() == rows.columns.tolist()
    drawn = draw_table(rows.reset_index(), "refinement").data[0]
    assert drawn.cells["values"][0] == ["patchcore"]
    logged = as_metrics("refinement", rows)
    assert logged["refinement/patchcore/iou"] == pytest.approx(1 / 3)
    assert logged["refinement/patchcore: unseen:burn/iou"] == 0

"""The table `refinement` on a toy line: what a threshold that papers choose would give."""

import numpy as np
import pandas as pd
import pytest

from vadline.detectors import AnomalyMaps
from vadline.pipelines.evaluate.tables import evaluate_refinement

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
    found = np.ones_like(masks) if found is None else found
    refined, initial, painted = (found[log["row"]],) * 3
    return evaluate_refinement(refined, initial, painted, log, maps, masks, split, roi)


def test_the_best_f1_s_masks_lie_where_the_map_is_highest_on_the_defects():
    row = evaluate(*world(["crack", "crack"]))
    assert row["iou_best_f1"] == 1
    assert row["iou_before"] == 8 / SIDE**2


def test_good_parts_do_not_choose_the_best_f1_s_threshold():
    maps, masks, split, log = world(["crack", "crack"])
    maps.grid[-1] = 9
    assert evaluate(maps, masks, split, log)["iou_best_f1"] == 1


def test_maps_outside_of_the_region_do_not_choose_the_best_f1_s_threshold():
    maps, masks, split, log = world(["crack", "crack"])
    maps.grid[:, :, 7] = 9
    roi = ROI.copy()
    roi[:, 7] = False
    assert evaluate(maps, masks, split, log, roi=roi)["iou_best_f1"] == 1


@pytest.mark.parametrize("refined", [0, 1])
def test_without_a_marked_pixel_no_f1_is_best(refined):
    maps, masks, split, log = world(["crack", "crack"])
    row = evaluate(maps, 0 * masks, split, log.iloc[: 2 * refined])
    assert "iou_best_f1" not in row
    assert row["images"] == 2 * refined

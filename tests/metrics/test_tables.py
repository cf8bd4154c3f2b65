from __future__ import annotations

import io
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from vadline.errors import VadlineError
from vadline.metrics import (
    as_metrics,
    detection_row,
    detection_table,
    format_table,
    fpr_at_tpr,
    image_auroc,
    pixel_histogram,
    refinement_row,
    refinement_table,
    segad_row,
    segad_table,
)
from vadline.metrics.tables import is_without_numbers


def printed(table):
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()


def test_a_table_of_counts_and_gaps_is_without_numbers():
    gaps = {"image_auroc": math.nan, "goods": 10.0, "bads": 0.0}
    assert is_without_numbers(detection_table({"patchcore": gaps}))
    assert is_without_numbers(detection_table({}))
    assert not is_without_numbers(detection_table({"patchcore": gaps | {"image_auroc": 0.5}}))


def test_metrics_are_named_by_table_row_and_column_without_gaps():
    frame = detection_table({"patchcore": {"image_auroc": 0.9}, "padim": {"aupro": 0.5}})
    assert as_metrics("detection", frame) == {
        "detection/patchcore/image_auroc": 0.9,
        "detection/padim/aupro": 0.5,
    }


def test_columns_are_fixed_and_others_refused():
    assert list(detection_table({}).columns) == [
        "image_auroc",
        "image_f1",
        "pixel_auroc",
        "pixel_f1",
        "aupro",
        "fpr_at_95tpr",
        "goods",
        "bads",
    ]
    with pytest.raises(VadlineError, match="auroc"):
        detection_table({"patchcore": {"auroc": 0.9}})


def test_printed_fractions_are_percentages_and_seconds_are_not():
    frame = refinement_table({"patchcore": {"iou": 0.8934, "seconds": 1.234, "images": 54}})
    text = printed(format_table(frame, "Refinement"))
    assert "Refinement" in text
    assert "patchcore" in text
    for cell in ("89.3", "1.23", "54", "–"):
        assert cell in text
    assert "123.4" not in text


def test_detection_row_fills_every_column():
    rng = np.random.default_rng(0)
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[2:, 2:4, 2:6] = 1
    histogram = pixel_histogram([((masks + rng.uniform(size=masks.shape)), masks)])
    row = detection_row([0, 0, 1, 1], [0.0, 2.0, 1.0, 3.0], histogram)
    frame = detection_table({"a": row | {"goods": 7, "bads": 2}})
    assert not frame.isna().any(axis=None)
    assert frame.loc["a", "image_auroc"] == 0.75
    assert frame.loc["a", "pixel_auroc"] == pytest.approx(1)


def test_seen_and_unseen_defects_are_each_held_against_all_goods():
    rng = np.random.default_rng(0)
    bad = np.r_[np.zeros(30), np.ones(20)].astype(bool)
    unseen = np.r_[np.zeros(40), np.ones(10)].astype(bool)
    score = rng.normal(size=50) + bad
    row = segad_table({"all_ad": segad_row(bad, score, unseen)}).loc["all_ad"]
    assert row["image_auroc"] == image_auroc(bad, score)
    assert row["image_auroc_seen"] == image_auroc(bad[:40], score[:40])
    rest = np.r_[0:30, 40:50]
    assert row["fpr_at_95tpr_unseen"] == fpr_at_tpr(bad[rest], score[rest])


def test_a_test_part_of_one_class_gives_empty_metrics_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = segad_table({"a": segad_row(np.zeros(5), np.arange(5))})
        assert frame.isna().all(axis=None)
        assert as_metrics("segad", frame) == {}
        row = refinement_row(*np.zeros((4, 0, 4, 4)), [])
        assert math.isnan(row["seconds"])
        assert row["images"] == 0


def test_refinement_row_holds_before_and_after():
    truth = np.zeros((2, 4, 4), np.uint8)
    truth[:, :2] = 1
    whole = np.ones_like(truth)
    row = refinement_row(whole, truth, truth, truth, [1.0, 3.0], best=whole)
    assert row == {
        "iou_before": 0.5,
        "dice_before": pytest.approx(2 / 3),
        "iou_best_f1": 0.5,
        "iou_initialiser": 1.0,
        "iou": 1.0,
        "dice": 1.0,
        "seconds": 2.0,
        "images": 2,
    }
    assert set(row) == set(refinement_table({}).columns)


@given(seed=st.integers(0, 10_000))
def test_outside_of_the_region_masks_and_truth_may_be_anything(seed):
    rng = np.random.default_rng(seed)
    roi = rng.random((6, 7)) < 0.6
    masks = rng.integers(0, 2, (4, 3, 6, 7))
    other = np.where(roi, masks, rng.integers(0, 2, masks.shape))
    seconds = np.ones(3)
    row = refinement_row(*masks, seconds, roi)
    assert row == refinement_row(*other, seconds, roi)
    inside = masks[..., roi][..., None]
    assert row == refinement_row(*inside, seconds)


@given(seed=st.integers(0, 10_000))
def test_outside_of_the_region_maps_may_be_anything(seed):
    rng = np.random.default_rng(seed)
    roi = np.zeros((8, 9), bool)
    roi[2:7, 1:8] = True
    masks = (rng.random((4, 8, 9)) < 0.2).astype(np.uint8)
    maps = (rng.gamma(2, size=masks.shape) + masks).astype(np.float32)
    noise = rng.choice([np.nan, 0, 1e30], maps.shape)
    other = np.where(roi, maps, noise).astype(np.float32), np.where(roi, masks, 1)
    labels, scores = [0, 0, 1, 1], rng.random(4)
    rows = [
        detection_row(labels, scores, pixel_histogram([chunk], roi))
        for chunk in ((maps, masks), other)
    ]
    np.testing.assert_equal(rows[0], rows[1])

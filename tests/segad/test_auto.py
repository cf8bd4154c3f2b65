from __future__ import annotations

import itertools
import logging

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import label
from sklearn.metrics import adjusted_rand_score

from vadline.backbones import BackboneParams
from vadline.defects.synthetic import OUTSIDE
from vadline.errors import VadlineError
from vadline.pipelines.split.nodes import learn_segments
from vadline.segad import SegmentParams, auto_segments, decided, make_segments

SIDE, PARTS = 128, 12
BACKBONE = BackboneParams()
EVERYWHERE = np.ones((SIDE, SIDE), bool)
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
# Plain, dotted at the left, striped below.
LAYOUT = np.where(COLUMNS < 64, 1, 0)
LAYOUT[72:] = 2


def aligned(seed=0):
    """Return good parts of one layout, each with its own noise and brightness."""
    rng = np.random.default_rng(seed)
    dots = np.where((ROWS // 4 + COLUMNS // 4) % 2, 200, 60)
    stripes = np.where(COLUMNS // 8 % 2, 230, 20)
    drawn = np.choose(LAYOUT, [np.full_like(dots, 120), dots, stripes])
    noise = rng.normal(0, 6, (PARTS, SIDE, SIDE, 3)) + rng.normal(0, 4, (PARTS, 1, 1, 1))
    return (drawn[None, ..., None] + noise).clip(0, 255).astype(np.uint8)


def texture():
    return np.random.default_rng(0).integers(0, 256, (PARTS, SIDE, SIDE, 3), np.uint8)


def segmented(images, count=3, roi=EVERYWHERE, seed=0):
    return auto_segments(images, np.arange(len(images)), count, BACKBONE, roi, seed)


def test_places_that_look_alike_are_a_segment_whatever_the_seed_and_the_parts():
    found = [segmented(aligned(), seed=seed) for seed in range(3)]
    found.append(segmented(aligned(1), seed=3))
    for labels, names in found:
        assert labels.dtype == np.uint8
        assert names == ("auto_0", "auto_1", "auto_2")
        counts = np.bincount(labels.ravel())
        assert (np.diff(counts) <= 0).all()
        assert adjusted_rand_score(LAYOUT.ravel(), labels.ravel()) > 0.7
    for one, other in itertools.combinations([labels.ravel() for labels, _ in found], 2):
        assert adjusted_rand_score(one, other) > 0.9


def test_segments_have_no_specks():
    labels, names = segmented(aligned(), count=8)
    for index in range(len(names)):
        islands, _ = label(labels == index)
        assert np.bincount(islands.ravel())[1:].min() >= 0.005 * labels.size


def test_what_lies_outside_of_the_region_counts_for_nothing():
    roi = (ROWS - 60) ** 2 + (COLUMNS - 60) ** 2 < 55**2
    labels, names = segmented(aligned(), roi=roi)
    assert (labels[~roi] == OUTSIDE).all()
    assert set(np.unique(labels[roi])) == set(range(len(names)))
    assert adjusted_rand_score(LAYOUT[roi], labels[roi]) > 0.7


@pytest.mark.parametrize("goods", [texture(), aligned()[:1]], ids=["texture", "one part"])
def test_parts_that_are_not_aligned_are_one_segment_and_the_log_says_why(goods, caplog):
    with caplog.at_level(logging.INFO):
        labels, names = segmented(goods)
    assert names == ("whole",)
    assert not labels.any()
    (said,) = (record.getMessage() for record in caplog.records)
    assert "whole" in said
    assert "texture" in said


def test_parts_that_are_all_alike_are_segmented():
    same = np.repeat(aligned()[:1], PARTS, axis=0)
    assert len(segmented(same)[1]) == 3


@pytest.mark.parametrize(("bads", "kind"), [(0, "whole"), (39, "whole"), (40, "auto")])
def test_the_number_of_known_bads_decides_where_no_kind_is_set(bads, kind, caplog):
    with caplog.at_level(logging.INFO):
        assert decided(SegmentParams(), bads).kind == kind
    (said,) = (record.getMessage() for record in caplog.records)
    assert kind in said
    assert str(bads) in said
    assert decided(SegmentParams(kind="grid"), bads).kind == "grid"
    with pytest.raises(VadlineError, match="auto_segments"):
        make_segments(SegmentParams(), 8)


def split_of(bads):
    bad = np.arange(PARTS + bads) >= PARTS
    roles = dict.fromkeys(("finetune", "classifier", "forest"), np.ones(len(bad), bool))
    labels = np.where(bad, "bad", "good")
    return pd.DataFrame({"label": labels, "detector": ~bad, **roles})


def test_the_node_looks_at_good_parts_only_where_it_has_to(monkeypatch):
    bads = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    images = np.concatenate([aligned(), bads])
    known = SegmentParams(count=3), images, split_of(40), EVERYWHERE, BACKBONE, 0
    labels, names = learn_segments(*known)
    expected = segmented(aligned())
    np.testing.assert_array_equal(labels, expected[0])
    assert names == list(expected[1])
    monkeypatch.setattr("vadline.segad.auto.build_extractor", None)
    few = SegmentParams(), images[: PARTS + 3], split_of(3), EVERYWHERE, BACKBONE, 0
    assert learn_segments(*few)[1] == ["whole"]

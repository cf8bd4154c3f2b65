"""Segments, and the part as one."""

import numpy as np

from vadline.defects.synthetic import OUTSIDE
from vadline.segad import describe_maps, described_names, segment_statistics, setup_columns
from vadline.segad.statistics import feature_frame

MAPS = np.random.default_rng(0).gamma(2, size=(3, 16, 16)).astype(np.float32)


def test_all_of_the_part_is_described_beside_its_segments():
    segments = np.repeat(np.arange(16, dtype=np.uint8)[:, None] // 8, 16, axis=1)
    segments[:, :2] = OUTSIDE
    found = describe_maps(MAPS, segments, ["top", "bottom"])
    assert described_names(["top", "bottom"]) == ["top", "bottom", "whole"]
    np.testing.assert_allclose(found[:, :2], segment_statistics(MAPS, segments, 2))
    inside = np.zeros((16, 14), np.uint8)
    np.testing.assert_allclose(found[:, 2:], segment_statistics(MAPS[:, :, 2:], inside), 1e-5)


def test_where_it_is_the_one_segment_it_is_described_once():
    none = np.zeros((16, 16), np.uint8)
    assert described_names(["whole"]) == ["whole"]
    assert describe_maps(MAPS, none, ["whole"]).shape == (3, 1, 4)


def test_a_setup_sees_segments_or_the_whole():
    names = described_names(["top", "bottom"])
    table = feature_frame(np.zeros((1, 3, 4)), "pc", names, ["a"]).assign(**{"pc.image_score": 0.0})
    of_segments = setup_columns(table, ["pc"], include_image_score=False)
    assert {name.split(".")[1] for name in of_segments} == {"top", "bottom"}
    whole = setup_columns(table, ["pc"], include_image_score=True, whole=True)
    assert {name.split(".")[1] for name in whole} == {"whole", "image_score"}
    one = feature_frame(np.zeros((1, 1, 4)), "pc", ["whole"], ["a"])
    assert setup_columns(one, ["pc"], False) == setup_columns(one, ["pc"], False, whole=True)

"""Which features a forest sees, and which parts get a synthetic defect."""

import numpy as np
import pandas as pd
import pytest

from vadline.defects.stand_ins import StandIns
from vadline.errors import VadlineError
from vadline.segad import (
    SegmentParams,
    SyntheticParams,
    forest_rows,
    image_score_columns,
    make_segments,
    setup_columns,
    stand_ins,
)

FEATURES = pd.DataFrame(
    0.0,
    index=["a", "b", "c", "synthetic/forest/a"],
    columns=["pc.left.mean", "pc.right.mean", "pc.image_score", "apc.left.mean"],
)


def split_of(**roles):
    frame = pd.DataFrame({"image_id": ["a", "b", "c"], "label": ["good", "bad", "good"]})
    for role in ("detector", "finetune", "forest"):
        frame[role] = roles.get(role, [False] * 3)
    return frame


def test_a_setup_sees_its_own_detectors_only():
    assert setup_columns(FEATURES, ["pc"], False) == ["pc.left.mean", "pc.right.mean"]
    assert setup_columns(FEATURES, ["pc", "apc"], True) == list(FEATURES)
    assert image_score_columns(FEATURES, ["pc", "apc"]) == ["pc.image_score"]


def test_the_forest_learns_from_its_role_and_from_synthetic_defects():
    split = split_of(forest=[True, True, False]).assign(fold=[1, 0, -1])
    table = pd.DataFrame({"image_id": ["synthetic/forest/a"], "source_row": [0], "role": "forest"})
    made = StandIns(np.empty((1, 8, 8, 3), np.uint8), np.empty((1, 8, 8), np.uint8), table)
    rows, bad, folds = forest_rows(FEATURES, split, made)
    assert rows.tolist() == ["a", "b", "synthetic/forest/a"]
    assert bad.tolist() == [False, True, True]
    assert folds.tolist() == [1, 0, 1]
    with pytest.raises(VadlineError, match="lack synthetic/forest/a"):
        forest_rows(FEATURES.iloc[:3], split, made)


@pytest.mark.parametrize(
    ("roles", "made"),
    [
        ({"detector": [1, 0, 0], "forest": [0, 0, 1]}, {"finetune": [0], "forest": [2]}),
        ({"detector": [1, 0, 0], "finetune": [1, 1, 0], "forest": [0, 1, 1]}, {}),
        ({"detector": [1, 0, 0], "finetune": [1, 1, 0], "forest": [0, 0, 1]}, {"forest": [2]}),
    ],
)
def test_defects_are_made_only_for_roles_without_a_bad_part(roles, made):
    images = np.full((3, 32, 32, 3), 128, np.uint8)
    split = split_of(**{k: np.array(v, bool) for k, v in roles.items()})
    segments = np.zeros((32, 32), np.uint8)
    found = stand_ins(images, split, segments, SyntheticParams(), seed=0)
    sources = found.table["source_row"].to_numpy()
    for role in ("finetune", "forest"):
        assert sources[found.rows(role)].tolist() == made.get(role, [])
    assert len(found.images) == len(found.masks) == len(found.table)
    assert all(mask.any() for mask in found.masks)
    changed = (found.images != images[sources]).any(axis=-1)
    assert not (changed & (found.masks == 0)).any()


def test_stand_ins_stay_inside_of_the_region_and_read_single_images():
    class Counting:
        shape, most = (40, 32, 32, 3), 0

        def __getitem__(self, rows):
            self.most = max(self.most, np.size(rows))
            return np.full((32, 32, 3), 128, np.uint8)

    split = pd.DataFrame({"image_id": [f"{i}" for i in range(40)], "label": "good"})
    split = split.assign(detector=True, finetune=False, forest=False)
    roi = np.zeros((32, 32), bool)
    roi[4:20, 8:30] = True
    segments, _ = make_segments(SegmentParams(kind="grid"), 32, roi)
    images = Counting()
    found = stand_ins(images, split, segments, SyntheticParams(), seed=0)
    assert len(found.table) == 40
    assert images.most == 1
    assert found.masks.any(axis=(1, 2)).all()
    assert not found.masks[:, ~roi].any()

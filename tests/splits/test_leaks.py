"""Leaks: the same photograph on both sides of a split."""

from __future__ import annotations

import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.splits import ROLES, check_leaks, drop_train
from vadline.splits.leaks import SEEN_ROLES

MANIFEST = pd.DataFrame(
    {
        "image_id": ["a", "b", "c", "d"],
        "path": ["/a.png", "/b.png", "/c.png", "/d.png"],
        "sha256": ["1", "2", "3", "4"],
    }
)


def split(**roles: str) -> pd.DataFrame:
    """A split whose roles are given as e.g. ``detector="ab"``."""
    frame = MANIFEST[["image_id"]].assign(label="good", defect="good")
    for role in ROLES:
        frame[role] = frame["image_id"].isin(list(roles.get(role, "")))
    return frame


def test_disjoint_parts_pass():
    check_leaks(split(detector="a", forest="b", classifier="ab", test="cd"), MANIFEST)
    check_leaks(split(detector="ab"), MANIFEST)
    check_leaks(split(test="ab"), MANIFEST)


def test_copies_within_one_side_pass():
    copies = MANIFEST.assign(sha256=["1", "1", "2", "2"])
    check_leaks(split(detector="a", forest="b", test="cd"), copies)


@pytest.mark.parametrize("role", SEEN_ROLES)
@pytest.mark.parametrize("column", ["sha256", "path"])
def test_a_copy_in_any_other_role_is_named_with_its_twin(role, column):
    copies = MANIFEST.copy()
    copies.loc[3, column] = copies.loc[0, column]
    names = rf"test image /d?a?\.png and training image /a\.png \({role}\)"
    with pytest.raises(VadlineError, match=names):
        check_leaks(split(**{role: "ab"}, test="cd"), copies)


def test_an_image_with_two_sides_leaks():
    with pytest.raises(VadlineError, match=r"/a\.png and training image /a\.png"):
        check_leaks(split(forest="a", test="ab"), MANIFEST)


def test_rows_are_matched_by_id_not_by_position():
    copies = MANIFEST.assign(sha256=["1", "2", "3", "1"])
    parts = split(detector="ab", test="cd")
    with pytest.raises(VadlineError, match="leak"):
        check_leaks(parts, copies.iloc[::-1])
    check_leaks(split(detector="ad", test="bc").iloc[::-1], copies)


def test_drop_train_takes_roles_from_the_training_copies_only():
    copies = MANIFEST.assign(sha256=["1", "1", "3", "1"])
    parts = split(detector="a", forest="b", classifier="c", test="d")
    cleaned, dropped = drop_train(parts, copies)
    assert dropped == ["a", "b"]
    check_leaks(cleaned, copies)
    pd.testing.assert_frame_equal(cleaned, split(classifier="c", test="d"))
    pd.testing.assert_frame_equal(parts, split(detector="a", forest="b", classifier="c", test="d"))


def test_an_image_that_the_manifest_lacks_is_named():
    with pytest.raises(VadlineError, match="image d"):
        check_leaks(split(test="d"), MANIFEST.iloc[:3])

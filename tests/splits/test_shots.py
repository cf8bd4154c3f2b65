"""Bads that are moved out of the test part: never so many that it cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vadline.errors import VadlineError
from vadline.splits import ROLES, SplitParams, make_split


def manifest(**parts: int) -> pd.DataFrame:
    """A manifest of e.g. ``train_good=4, test_bad=3, unseen=2``, bads of one kind."""
    rows = []
    for part, count in parts.items():
        split, label = ("test", "bad") if part == "unseen" else part.split("_")
        kind = {"good": "good", "bad": "dent"}[label]
        rows += [
            {
                "image_id": f"{part}/{i:04}",
                "path": f"{part}/{i:04}.png",
                "label": label,
                "defect": f"unseen:{kind}" if part == "unseen" else kind,
                "mask_path": None,
                "source_split": split,
                "sha256": f"{part}{i}",
                "reviewed": False,
            }
            for i in range(count)
        ]
    return pd.DataFrame(rows)


def supervised(source: pd.DataFrame, shots: int) -> pd.DataFrame:
    return split_by(source, protocol="supervised", shots=shots)


def split_by(source: pd.DataFrame, **settings) -> pd.DataFrame:
    images = np.zeros((len(source), 4, 4, 3), np.uint8)
    return make_split(source, images, SplitParams(scheme="holdout", **settings), 0)


def bads(split: pd.DataFrame, *roles: str) -> set[str]:
    chosen = split[list(roles)].any(axis="columns") & (split["label"] == "bad")
    return set(split.loc[chosen, "image_id"])


@pytest.mark.parametrize(
    ("parts", "shots", "learn"),
    [
        ({"train_good": 8, "test_good": 4, "test_bad": 20}, 20, 10),  # MVTec's default shots
        ({"unassigned_good": 8, "unassigned_bad": 7}, 10, 3),
        ({"unassigned_good": 8, "unassigned_bad": 2}, 1, 1),
        ({"train_good": 8, "test_good": 4, "test_bad": 6, "unseen": 6}, 12, 6),
    ],
)
def test_half_of_the_bads_stay_to_be_tested(parts, shots, learn, caplog):
    source = manifest(**parts)
    split = supervised(source, shots)
    total = (source["label"] == "bad").sum()
    assert len(bads(split, "finetune", "forest")) == learn
    assert len(bads(split, "test")) == total - learn
    pd.testing.assert_frame_equal(split, supervised(source, learn))
    if shots > learn:
        (told,) = caplog.messages
        assert told == (
            f"split.shots={shots} would leave {max(total - shots, 0)} of {total} bad parts to test"
            f" on: {learn} learn, {total - learn} are tested; lower split.shots to silence this, or"
            " add bad parts"
        )
    else:
        assert not caplog.messages


def test_the_only_bad_is_tested_and_the_rest_is_one_class(caplog):
    source = manifest(unassigned_good=8, unassigned_bad=1)
    split = supervised(source, 10)
    assert bads(split, "test") == {"unassigned_bad/0000"}
    pd.testing.assert_frame_equal(split, split_by(source, protocol="one_class"))
    (told,) = caplog.messages
    assert "0 of 1 bad parts" in told
    assert "split.protocol=one_class" in told


def test_bads_that_copies_keep_in_the_test_part_count_as_tested():
    source = manifest(train_good=6, test_good=2, test_bad=8)
    source.loc[source["label"] == "bad", "sha256"] = list("aabbccde")
    with pytest.raises(VadlineError, match=r"split\.shots=9, but the source has 2 bads to draw"):
        supervised(source, 9)


@pytest.mark.parametrize("protocol", ["all", "supervised", "low_shot", "high_shot", "one_class"])
def test_reviewed_bads_from_elsewhere_join_and_change_no_test_part(protocol):
    source = manifest(train_good=20, train_bad=8, test_good=5, test_bad=8)
    joining = manifest(train_bad=2).assign(reviewed=True, low_shot="")
    joining = joining.assign(image_id=["reviewed/a", "zz"], sha256=["a", "zz"])
    whole = pd.concat([source.assign(low_shot=""), joining]).sort_values("image_id")
    settings = {"protocol": protocol} | ({"shots": 3} if protocol == "low_shot" else {})
    scheme = {"scheme": "cross_fit"} if protocol == "all" else {}
    before, after = (
        make_split(
            table.reset_index(drop=True),
            np.random.default_rng(0).integers(0, 255, (len(table), 4, 4, 3), dtype=np.uint8),
            SplitParams(**{"scheme": "holdout"} | scheme | settings),
            0,
        )
        for table in (source.assign(low_shot=""), whole)
    )
    assert bads(after, "test") == bads(before, "test")
    learnt = bads(after, *ROLES[:-1]) - bads(before, *ROLES[:-1])
    assert learnt == (set() if protocol == "one_class" else {"reviewed/a", "zz"})


def test_reviewed_bads_will_do_where_the_source_has_none():
    source = manifest(train_good=20, train_bad=1, test_good=5).assign(low_shot="", reviewed=True)
    split = supervised(source, 10)
    assert bads(split, "forest") == {"train_bad/0000"}


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_what_is_said_of_too_few_goods_helps(share):
    source = [manifest(train_good=n, train_bad=1, test_good=1, test_bad=1) for n in (1, 3, 4)]
    for few in source[:2]:
        with pytest.raises(VadlineError, match=r"for the forest: add some, 4 will do"):
            split_by(few, protocol="high_shot", detector_share=share)
    split = split_by(source[2], protocol="high_shot", detector_share=share)
    assert (split["forest"] & (split["label"] == "good")).any()


def test_where_shares_leave_the_forest_none_they_are_named():
    source = manifest(train_good=8, train_bad=1, test_good=1, test_bad=1)
    with pytest.raises(VadlineError, match=r"lower split\.detector_share"):
        split_by(source, protocol="high_shot", detector_share=0.9, calibration_share=0.1)

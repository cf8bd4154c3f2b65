"""Cross-fitting: every training part in one fold, photographs of one thing in the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadline.defects.stand_ins import StandIns
from vadline.errors import VadlineError
from vadline.splits import (
    NO_FOLD,
    SplitParams,
    check_leaks,
    folds_of,
    judged,
    make_split,
    measured,
    scored_rows,
)
from vadline.splits.folds import deal_folds, unite
from vadline.splits.likeness import groups_of_one_thing

RNG = np.random.default_rng(0)


def manifest(goods: int, bads: int, part: str = "unassigned") -> pd.DataFrame:
    names = [f"good/{i}" for i in range(goods)] + [f"bad/{i}" for i in range(bads)]
    return pd.DataFrame(
        {
            "image_id": names,
            "path": names,
            "label": ["good"] * goods + ["bad"] * bads,
            "defect": ["good"] * goods + ["dent", "scratch"] * (bads // 2) + ["dent"] * (bads % 2),
            "mask_path": None,
            "source_split": part,
            "low_shot": "",
            "reviewed": False,
            "sha256": names,
        }
    )


def split_of(source: pd.DataFrame, protocol="all", seed=0, images=None, **settings):
    if images is None:
        images = RNG.integers(0, 256, (len(source), 8, 8, 3), np.uint8)
    return make_split(source, images, SplitParams(protocol=protocol, **settings), seed)


@given(st.lists(st.sampled_from(["good", "good", "dent", "scratch"]), min_size=2, max_size=60),
       st.integers(2, 8), st.integers(0, 3))  # fmt: skip
def test_folds_are_as_even_over_every_kind_as_can_be(kinds, folds, seed):
    if kinds.count("good") < 2:
        kinds += ["good", "good"]
    dealt = deal_folds(kinds, range(len(kinds)), folds, np.random.default_rng(seed))
    count = min(folds, kinds.count("good"))
    assert set(dealt) <= set(range(count))
    table = pd.DataFrame({"kind": kinds, "bad": np.array(kinds) != "good", "fold": dealt})
    for column in ("kind", "bad"):
        for _, members in table.groupby(column):
            sizes = np.bincount(members["fold"], minlength=count)
            assert sizes.max() - sizes.min() <= (1 if column == "kind" else 2)


def test_the_fewer_goods_the_more_folds():
    folds = {goods: split_of(manifest(goods, 2))["fold"].nunique() for goods in (30, 100, 150, 200)}
    assert folds == {30: 15, 100: 12, 150: 8, 200: 6}
    assert split_of(manifest(30, 2), folds=4)["fold"].nunique() == 4


def test_a_group_comes_into_one_fold_and_united_folds_keep_it_together():
    groups = np.repeat(np.arange(20), 3)
    dealt = deal_folds(["good"] * 60, groups.tolist(), 6, np.random.default_rng(0))
    assert (pd.Series(dealt).groupby(groups).nunique() == 1).all()
    assert (np.bincount(dealt) <= 12).all()
    three = unite(dealt, 3)
    assert sorted(np.unique(three)) == [0, 1, 2]
    assert (pd.Series(three).groupby(dealt).nunique() == 1).all()
    assert unite(np.array([NO_FOLD, 4]), 3).tolist() == [NO_FOLD, 1]


def test_near_copies_are_one_thing_and_neighbours_are_not():
    base = RNG.integers(40, 200, (12, 64, 64, 3)).astype(np.uint8)
    saved_anew = np.clip(base[3].astype(int) + RNG.integers(-2, 3, base[3].shape), 0, 255)
    aligned = np.clip(base[5].astype(int) + RNG.integers(-60, 61, base[5].shape), 0, 255)
    images = np.concatenate([base, np.stack([saved_anew, aligned]).astype(np.uint8)])
    names = [str(i) for i in range(len(images))]
    groups = groups_of_one_thing(names, images, np.arange(len(images)))
    assert groups[3] == groups[12]
    assert len(np.unique(groups)) == len(images) - 1
    names[7] = names[0]  # equal files
    groups = groups_of_one_thing(names, images, np.arange(len(images)))
    assert groups[7] == groups[0]


def test_a_product_whose_parts_all_look_alike_is_not_one_thing():
    part = RNG.integers(40, 200, (32, 32, 3))
    images = np.clip(part + RNG.normal(0, 1, (30, 32, 32, 3)), 0, 255).astype(np.uint8)
    groups = groups_of_one_thing([str(i) for i in range(30)], images, np.arange(30))
    assert len(np.unique(groups)) == 30


def test_under_all_every_part_teaches_and_is_judged():
    split = split_of(manifest(31, 9))
    assert (split["fold"] >= 0).all()
    assert judged(split).all()
    assert measured(split).all()
    assert not split["test"].any()
    good = split["label"] == "good"
    assert (split["detector"] == good).all()
    assert (split["calibration"] == good).all()
    assert split[["finetune", "classifier", "forest"]].all(axis=None)
    assert scored_rows(split).tolist() == list(range(40))


def test_a_test_part_of_ones_own_is_judged_beside_and_measured_if_it_can_tell():
    both = [
        manifest(20, 4, "train"),
        manifest(6, 3, "test").assign(image_id=lambda t: "t/" + t["image_id"]),
    ]
    source = pd.concat(both, ignore_index=True).assign(
        sha256=lambda t: t["image_id"], path=lambda t: t["image_id"]
    )
    split = split_of(source)
    assert (split.loc[split["test"], "fold"] == NO_FOLD).all()
    assert judged(split).all()
    assert (measured(split) == split["test"]).all()
    goods_only = split_of(
        source[~source["image_id"].str.startswith("t/bad")].reset_index(drop=True)
    )
    assert measured(goods_only).all()


@pytest.mark.parametrize("protocol", ["one_class", "supervised"])
def test_other_protocols_keep_their_test_part_out_of_all_folds(protocol):
    split = split_of(manifest(40, 20), protocol, shots=6)
    assert ((split["fold"] >= 0) == split["forest"]).all()
    assert not (split["test"] & (split["fold"] >= 0)).any()
    assert (measured(split) == split["test"]).all()
    assert split["forest"].sum() == 30 + (6 if protocol == "supervised" else 0)


def test_copies_come_into_one_fold_and_a_split_that_parts_them_is_refused():
    source = manifest(12, 3)
    source.loc[[0, 4, 9], "sha256"] = "same"
    split = split_of(source)
    assert split.loc[[0, 4, 9], "fold"].nunique() == 1
    split.loc[4, "fold"] = split.loc[0, "fold"] + 1
    with pytest.raises(VadlineError, match=r"good/0 and good/4 .* two folds"):
        check_leaks(split, source)


def test_fewer_goods_than_folds_are_left_out_one_by_one_and_one_is_refused():
    split = split_of(manifest(5, 0))
    assert sorted(split["fold"]) == [0, 1, 2, 3, 4]
    assert sorted(split_of(manifest(2, 0))["fold"]) == [0, 1]
    with pytest.raises(VadlineError, match=r"1 different good image.* add good images"):
        split_of(manifest(1, 0))
    copies = manifest(5, 1)
    copies.loc[copies["label"] == "good", "sha256"] = "same"
    with pytest.raises(VadlineError, match=r"1 different good image .*5 that are copies"):
        split_of(copies)


def test_a_stand_in_is_in_the_fold_of_its_photograph():
    split = split_of(manifest(6, 0))
    table = pd.DataFrame({"image_id": ["s0", "s1"], "source_row": [3, 1], "role": "forest"})
    made = StandIns(np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 8, 8), np.uint8), table)
    folds = folds_of(split, made, np.array([0, 6, 7]))
    assert folds.tolist() == split["fold"].iloc[[0, 3, 1]].tolist()


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match=r"set split\.scheme=cross_fit"):
        SplitParams(protocol="all", scheme="holdout")


def test_there_are_no_more_folds_for_networks_than_folds():
    split = split_of(manifest(20, 4), folds=2, network_folds=3)
    assert (split["network_fold"] == split["fold"]).all()

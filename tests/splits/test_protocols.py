"""Splits: what every protocol promises under ``holdout``, for every seed and any source."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadline.errors import VadlineError
from vadline.splits import NO_FOLD, PROTOCOLS, ROLES, SplitParams
from vadline.splits import make_split as split_by

KINDS = ("crack", "dent", "stain")


def manifest(**parts: int) -> pd.DataFrame:
    """A manifest of e.g. ``train_good=4, test_bad=3, unseen=2``; bads cycle through KINDS."""
    rows = []
    for part, count in parts.items():
        split, _, label = part.partition("_")
        for i in range(count):
            kind = "good" if label == "good" else KINDS[i % len(KINDS)]
            if part == "unseen":
                split, kind = "test", f"unseen:{kind}"
            rows.append(
                {
                    "image_id": f"{part}/{i:04}",
                    "path": f"/data/{part}/{i:04}.png",
                    "label": "good" if label == "good" else "bad",
                    "defect": kind,
                    "mask_path": f"/data/{part}/{i}_mask.png" if i % 2 else None,
                    "source_split": split,
                    "low_shot": "",
                    "reviewed": False,
                    "sha256": f"{part}{i}",
                }
            )
    return pd.DataFrame(rows)


def make_split(source: pd.DataFrame, seed: int, **settings) -> pd.DataFrame:
    images = np.zeros((len(source), 4, 4, 3), np.uint8)  # no pixel is looked at
    return split_by(source, images, SplitParams(scheme="holdout", **settings), seed)


def ids(split: pd.DataFrame, role: str, label: str | None = None) -> set[str]:
    chosen = split[role] if label is None else split[role] & (split["label"] == label)
    return set(split.loc[chosen, "image_id"])


VAD = manifest(train_good=40, train_bad=30, test_good=20, test_bad=20, unseen=6)
FOLDER = manifest(unassigned_good=40, unassigned_bad=30)

counts = st.integers(0, 40)
sources = st.one_of(
    st.builds(manifest, train_good=st.integers(3, 40), train_bad=counts, test_bad=counts,
              test_good=counts, unseen=counts),
    st.builds(manifest, unassigned_good=st.integers(4, 40), unassigned_bad=counts),
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(sources, st.sampled_from([p for p in PROTOCOLS if p != "all"]), st.integers(0, 9),
       st.integers(1, 12),
       st.integers(0, 12), st.floats(0.1, 0.9), st.floats(0, 0.1))  # fmt: skip
def test_every_split_keeps_its_promises(
    source, protocol, seed, shots, tuned, detector_share, calibration_share
):
    arguments = {
        "protocol": protocol,
        "seed": seed,
        "shots": shots,
        "finetune_bads": tuned,
        "detector_share": detector_share,
        "calibration_share": calibration_share,
    }
    bad = source["label"] == "bad"
    part = source["source_split"]
    testable = (bad & (part != "train")).sum()
    if protocol == "supervised":
        shots = min(shots, testable // 2)
    pool = {
        "one_class": bad & False,
        "low_shot": bad & (part == "train"),
        "high_shot": bad & (part == "train"),
        "supervised": bad & (part != "train") & ~source["defect"].str.startswith("unseen:"),
    }[protocol].sum()
    expected = {"one_class": 0, "high_shot": pool}.get(protocol, shots)
    if expected > pool or (protocol != "one_class" and pool == 0):
        with pytest.raises(VadlineError, match=r"split\.(protocol|shots)="):
            make_split(source, **arguments)
        return
    split = make_split(source, **arguments)
    pd.testing.assert_frame_equal(split, make_split(source, **arguments))

    assert split["image_id"].tolist() == source["image_id"].tolist()
    carried = ("image_id", "label", "defect", "mask_known", "sha256")
    assert tuple(split.columns) == (*carried, *ROLES, "fold", "network_fold")
    assert (split[["fold", "network_fold"]] == NO_FOLD).all(axis=None)
    assert all(split[role].dtype == bool for role in ("mask_known", *ROLES))
    assert split["sha256"].tolist() == source["sha256"].tolist()
    assert (split["mask_known"] == (~bad | source["mask_path"].notna())).all()
    trained = set().union(*(ids(split, role) for role in ROLES if role != "test"))
    assert not trained & ids(split, "test")
    trained_bads = ids(split, "finetune", "bad") | ids(split, "forest", "bad")
    assert len(trained_bads) == expected
    assert len(ids(split, "test", "bad")) >= testable / 2
    assert ids(split, "classifier", "bad") <= trained_bads
    assert not any(i.startswith("unseen") for i in trained)
    unused = set(source["image_id"]) - trained - ids(split, "test")
    assert all(i.startswith("train_bad") for i in unused)

    goods = [ids(split, role, "good") for role in ("detector", "calibration", "forest")]
    assert len(set.union(*goods)) == sum(map(len, goods))
    assert goods[0] == ids(split, "finetune", "good") == ids(split, "detector")
    assert goods[0]
    assert bool(goods[1]) == (calibration_share > 0 and len(goods[1]) + len(goods[2]) > 0)
    assert not ids(split, "calibration", "bad")
    assert not ids(split, "classifier") & ids(split, "calibration")
    both = ids(split, "finetune", "bad") & ids(split, "forest", "bad")
    assert len(both) == (1 if expected == 1 and tuned > 0 else 0)
    assert len(ids(split, "finetune", "bad")) == min(tuned, max(1, expected // 2), expected)


@pytest.mark.parametrize("source", [VAD, FOLDER])
def test_seeds_differ(source):
    splits = [make_split(source, protocol="supervised", seed=seed) for seed in range(5)]
    for role in ("detector", "calibration", "finetune", "classifier", "forest", "test"):
        assert len({frozenset(ids(split, role)) for split in splits}) == 5


def test_every_bad_is_drawn_by_some_seed():
    # Half of the bads are drawn at a time: one is passed over 30 times once in 10^9 tries.
    kept = [
        ids(make_split(FOLDER, protocol="supervised", seed=seed, shots=15), "test", "bad")
        for seed in range(30)
    ]
    assert not set.intersection(*kept)


def test_shares_of_vad_as_the_paper_states_them():
    source = manifest(train_good=2000, train_bad=1000, test_good=1000, test_bad=835, unseen=165)
    split = make_split(source, protocol="high_shot", seed=0, calibration_share=0)
    roles = split.groupby("label")[list(ROLES)].sum()
    assert roles.loc["good", ["detector", "forest", "calibration"]].tolist() == [1000, 1000, 0]
    assert roles.loc["good", "classifier"] == 1600
    assert roles.loc["bad", ["finetune", "forest", "classifier"]].tolist() == [10, 990, 800]
    assert roles["test"].to_dict() == {"good": 1000, "bad": 1000}


def test_an_unassigned_source_is_tested_on_a_quarter_of_its_goods():
    split = make_split(FOLDER, protocol="supervised", seed=0, shots=6)
    assert len(ids(split, "test", "good")) == 10
    assert len(ids(split, "test", "bad")) == 24
    drawn = split[~split["test"] & (split["label"] == "bad")]
    assert drawn["defect"].value_counts().to_dict() == dict.fromkeys(KINDS, 2)


def test_low_shot_takes_the_sources_own_list_of_the_seed():
    source = VAD.copy()
    source.loc[source["image_id"].isin(["train_bad/0004", "train_bad/0007"]), "low_shot"] = "1,11"
    source.loc[source["image_id"] == "train_bad/0009", "low_shot"] = "11"

    def bads(seed):
        split = make_split(source, protocol="low_shot", seed=seed, shots=5)
        return ids(split, "finetune", "bad") | ids(split, "forest", "bad")

    assert bads(1) == {"train_bad/0004", "train_bad/0007"}
    assert bads(11) == bads(1) | {"train_bad/0009"}
    assert len(bads(2)) == 5


def test_more_shots_contain_fewer_and_leave_the_goods_alone():
    few = make_split(FOLDER, protocol="supervised", seed=3, shots=4)
    many = make_split(FOLDER, protocol="supervised", seed=3, shots=9)
    assert ids(many, "test", "bad") < ids(few, "test", "bad")
    for role in ("detector", "calibration", "forest", "test"):
        assert ids(few, role, "good") == ids(many, role, "good")


def test_a_single_bad_tunes_the_extractor_and_trains_the_forest():
    split = make_split(FOLDER, protocol="supervised", seed=0, shots=1)
    assert len(ids(split, "finetune", "bad")) == 1
    assert ids(split, "finetune", "bad") == ids(split, "forest", "bad")


def test_copies_in_an_unassigned_source_never_leak():
    source = FOLDER.copy()
    source.loc[source["label"] == "good", "sha256"] = [f"g{i // 2}" for i in range(40)]
    source.loc[source["label"] == "bad", "sha256"] = [f"b{i // 2}" for i in range(30)]
    for seed in range(5):
        split = make_split(source, protocol="supervised", seed=seed, shots=1)
        assert split[list(ROLES)].any(axis=1).sum() == 35


def test_a_bad_with_a_copy_in_the_test_part_is_not_moved_out_of_it():
    source = manifest(train_good=6, test_good=2, test_bad=6)
    source.loc[source["label"] == "bad", "sha256"] = list("aabbcd")
    for seed in range(5):
        split = make_split(source, protocol="supervised", seed=seed, shots=2)
        assert ids(split, "test", "bad") == {f"test_bad/000{i}" for i in range(4)}


def test_one_file_that_is_good_and_bad_is_an_error():
    source = FOLDER.copy()
    source.loc[source["image_id"] == "unassigned_bad/0003", "sha256"] = "unassigned_good5"
    with pytest.raises(VadlineError, match=r"good/0005\.png is good, .*bad/0003\.png bad"):
        make_split(source, protocol="one_class", seed=0)


def test_a_leak_fails_or_drops_the_training_copy(caplog):
    source = VAD.copy()
    source.loc[source["image_id"] == "test_good/0003", "sha256"] = "train_good8"
    with pytest.raises(VadlineError, match=r"test_good/0003\.png.*train_good/0008\.png"):
        make_split(source, protocol="one_class", seed=0)
    split = make_split(source, protocol="one_class", seed=0, on_duplicate="drop_train")
    roles = split.set_index("image_id")[list(ROLES)]
    assert not roles.loc["train_good/0008"].any()
    assert roles.loc["test_good/0003", "test"]
    assert "1 training images" in caplog.text


@pytest.mark.parametrize(
    ("protocol", "source", "message"),
    [
        ("low_shot", manifest(train_good=4, test_bad=3), "split.protocol=supervised"),
        ("high_shot", FOLDER, "split.protocol=supervised"),
        ("supervised", manifest(unassigned_good=4), "split.protocol=one_class"),
        ("high_shot", manifest(train_good=4), "split.protocol=one_class"),
        ("supervised", manifest(train_good=4, unseen=3), "split.protocol=one_class"),
        ("one_class", manifest(test_good=4, test_bad=3), "no good image is left"),
    ],
)
def test_a_protocol_that_a_source_cannot_serve_names_another(protocol, source, message):
    with pytest.raises(VadlineError, match=message):
        make_split(source, protocol=protocol, seed=0)


@pytest.mark.parametrize(
    ("parts", "warning"),
    [
        ({"train_good": 8, "test_good": 2}, "no bad image"),
        ({"train_good": 8, "test_bad": 2}, "no good image"),
    ],
)
def test_a_part_too_thin_to_measure_with_is_warned_of(parts, warning, caplog):
    make_split(manifest(**parts), protocol="one_class", seed=0)
    assert warning in caplog.text


def test_a_healthy_split_warns_of_nothing(caplog):
    make_split(VAD, protocol="low_shot", seed=0)
    assert not caplog.records


def test_no_global_random_state_is_touched_or_used():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_split(FOLDER, protocol="supervised", seed=0)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002

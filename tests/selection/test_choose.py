"""Configurations are judged on good parts alone, fairly and repeatably."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vadline.defects.families import FAMILIES, make_defect
from vadline.detectors import PatchCoreParams
from vadline.errors import VadlineError
from vadline.selection.__main__ import main
from vadline.selection.choose import (
    finalists,
    group_by_frame,
    read_training_goods,
    select,
    summarise,
)
from vadline.selection.proxy import Configuration, calibrate, compare, draw_fold

PLAIN = PatchCoreParams(layers=(1, 2), coreset_size=60, image_score="patch")


@pytest.fixture(scope="module")
def tiles():
    """Ten grey, brushed tiles, each photographed three times."""
    rng = np.random.default_rng(0)
    photographs = []
    for _ in range(10):
        brushed = 120 + rng.normal(0, 6, (1, 70)) + np.linspace(0, 10, 50)[:, None]
        for _ in range(3):
            grey = brushed + rng.normal(0, 2, (50, 70))
            photographs.append(np.repeat(grey[..., None], 3, 2).clip(0, 255).astype(np.uint8))
    return photographs, np.repeat(np.arange(10), 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_defect_changes_a_copy_repeatably(tiles, family):
    image, donor = tiles[0][0], tiles[0][20]
    before = image.copy()
    made = make_defect(family, image, donor, 2.0, np.random.default_rng(3))
    again = make_defect(family, image, donor, 2.0, np.random.default_rng(3))
    assert made.dtype == np.uint8
    assert made.shape == image.shape
    assert np.array_equal(made, again)
    assert np.array_equal(image, before)
    assert (made != image).any()


@pytest.mark.parametrize("family", ["patch", "scar", "spots", "crack", "shade", "stain", "grain"])
def test_a_stronger_defect_changes_more(tiles, family):
    def change(strength):
        made = [
            make_defect(family, image, tiles[0][-1], strength, np.random.default_rng(k))
            for k, image in enumerate(tiles[0][:10])
        ]
        gaps = [np.abs(a.astype(int) - b) for a, b in zip(made, tiles[0], strict=False)]
        return np.mean([gap.mean() for gap in gaps])

    assert change(0.1) < change(0.5) < change(1.0)


def test_a_donor_smaller_than_the_photograph_will_do(tiles):
    small = tiles[0][5][:12, :9]
    for family in FAMILIES:
        made = make_defect(family, tiles[0][0], small, 1.0, np.random.default_rng(0))
        assert made.shape == tiles[0][0].shape


def test_a_fold_keeps_new_parts_apart():
    groups = np.repeat(np.arange(20), 5)
    fold = draw_fold(groups, seed=0, fold=1, count=12, share=0.2)
    rows = np.concatenate([fold.fit, fold.known, fold.new])
    assert len(set(rows)) == len(rows)
    assert len(fold.known) == len(fold.new) == 12
    assert not set(groups[fold.new]) & set(groups[fold.fit])
    assert not set(groups[fold.new]) & set(groups[fold.known])
    assert set(groups[fold.known]) <= set(groups[fold.fit])


def test_too_few_goods_are_one_line():
    with pytest.raises(VadlineError, match="too few to hold 40 out"):
        draw_fold(np.arange(30), 0, 0, count=40, share=0.2)


def test_calibrated_defects_are_neither_trivial_nor_hopeless(tiles):
    baseline = Configuration(64, PLAIN)
    strengths = calibrate(*tiles, baseline, count=6, target=0.8)
    assert set(strengths) == set(FAMILIES)
    weak = {family: 0.3 * strength for family, strength in strengths.items()}
    settings = {"folds": 1, "count": 6, "seed": 1}
    found, faint = (
        compare(*tiles, [baseline], s, **settings)["new"].mean() for s in (strengths, weak)
    )
    assert faint < found < 0.99


def test_configurations_meet_the_same_defects_and_the_better_is_chosen(tiles):
    usable = Configuration(64, PLAIN, score_sigma=None)
    hopeless = Configuration(64, PLAIN.model_copy(update={"coreset_size": 1}), score_sigma=None)
    blurred = Configuration(64, PLAIN)
    strengths = {"spots": 2.0, "rectangle": 0.6, "patch": 0.5}
    table, again = (
        select(*tiles, [hopeless, usable, blurred], strengths=strengths, count=6) for _ in range(2)
    )
    assert table["chosen"].sum() == 1
    assert table.loc[hopeless.name, "auroc"] < table["auroc"].max()
    assert not table.loc[hopeless.name, "chosen"]
    assert table["auroc"].is_monotonic_decreasing
    timeless = ["seconds", "chosen"]
    pd.testing.assert_frame_equal(table.drop(columns=timeless), again.drop(columns=timeless))


def judged(**aurocs):
    """One row a fold and family; the slower configuration comes later."""
    rows = [
        {"configuration": name, "fold": k // 2, "family": f"f{k % 2}", "seconds": float(second)}
        | {"known": value, "new": value, "known_good_new_bad": value}
        for second, (name, values) in enumerate(aurocs.items())
        for k, value in enumerate(values)
    ]
    return summarise(pd.DataFrame(rows))


def test_within_the_noise_the_quickest_is_chosen():
    table = judged(quick=[0.8, 0.9, 0.8, 0.9], slow=[0.9, 0.8, 0.82, 0.9])
    assert table.index[0] == "slow"
    assert table.index[table["chosen"]].tolist() == ["quick"]
    assert table.loc["quick", "behind"] == pytest.approx(0.005)


def test_a_small_but_steady_lead_counts():
    table = judged(quick=[0.5, 0.9, 0.6, 0.8], slow=[0.51, 0.91, 0.61, 0.81])
    assert table.index[table["chosen"]].tolist() == ["slow"]
    assert table.loc["slow", "spread"] == pytest.approx(0.0, abs=1e-12)


def test_frames_far_apart_are_new_tiles():
    names = ["exp2_num_1900", "exp1_num_1800", "exp3_num_9000", "exp1_num_9300"]
    assert group_by_frame(names).tolist() == [0, 0, 1, 1]
    with pytest.raises(VadlineError, match="no frame number"):
        group_by_frame(["tile7"])


def test_only_listed_goods_are_read(tmp_path):
    listed, other = "exp1_num_10.jpg", "exp2_num_20.jpg"
    for name in (f"MT_Free/Imgs/{listed}", f"MT_Free/Imgs/{other}", "MT_Crack/Imgs/a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"not to be opened")
    Image.new("L", (9, 7), 50).save(tmp_path / "MT_Free/Imgs" / listed)
    (tmp_path / "mtd_train_filenames.txt").write_text(listed)
    photographs, groups = read_training_goods(tmp_path)
    assert [p.shape for p in photographs] == [(7, 9, 3)]
    assert groups.tolist() == [0]


def test_the_short_grid_names_each_configuration_once():
    names = [tried.name for tried in finalists()]
    assert len(set(names)) == len(names) <= 12
    assert finalists()[0] == Configuration()


def test_a_wrong_folder_ends_in_one_line(tmp_path):
    with pytest.raises(SystemExit, match=r"^Error: "):
        main(["--root", str(tmp_path), "--out", str(tmp_path / "table.csv")])

import numpy as np
import pandas as pd
import pytest

from vadline.f2pad.benchmark import (
    ablation_table,
    choose_shown,
    cost_table,
    masks_table,
    sizes_table,
)

EDGES = (0.002, 0.02, 0.04, 0.13)
IOUS = {"map": 0.5, "mebin": 0.4, "initialiser": 0.6, "proposals": 0.9, "gradient": 0.8}
ABLATED = {"no_pixel_prior": 0.7, "no_sparsity": 0.3, "sharing": 0.75}


@pytest.fixture(scope="module")
def parts():
    rows = []
    for detector, setting in (("patchcore", "normal"), ("mine", "normal"), ("patchcore", "few")):
        for seed in (0, 1):
            for paste in ("colour", "near"):
                ablated = paste == "colour" and setting == "normal"
                for method, value in (IOUS | (ABLATED if ablated else {})).items():
                    solved = method not in ("map", "mebin", "initialiser")
                    spent = {"seconds": 2.0, "iterations": 10.0} if solved else {}
                    if method in ("proposals", "gradient"):
                        spent["weight"] = 0.5 + seed
                    for image, share in enumerate((0.01, 0.03, 0.12)):
                        at = {"detector": detector, "setting": setting, "seed": seed}
                        at |= {"paste": paste, "image": image, "share": share, "method": method}
                        overlap = value + 0.02 * seed + 0.01 * image
                        rows.append({**at, "iou": overlap, "dice": overlap + 0.05, **spent})
    return pd.DataFrame(rows)


def test_the_first_table_has_each_cell_and_the_published_figures_beside_them(parts):
    table = masks_table(parts).set_index("row")
    assert len(table) == 2 * 2 * 5 + 2 * 5
    assert table.index[:5].tolist() == [f"normal colour patchcore {name}" for name in IOUS]
    row = table.loc["normal colour patchcore gradient"]
    assert row["iou"] == pytest.approx(0.82)
    assert row["iou_sd"] == pytest.approx(0.02 / np.sqrt(2))
    assert row["images"] == 6
    assert row[["published_iou", "published_dice"]].tolist() == pytest.approx([0.893, 0.939])
    assert table.loc["few colour patchcore map", "published_iou"] == pytest.approx(0.661)
    for other in (
        "normal near patchcore map",
        "normal colour mine map",
        "normal colour patchcore mebin",
    ):
        assert np.isnan(table.loc[other, "published_iou"])


def test_the_ablation_is_of_what_was_ablated(parts):
    table = ablation_table(parts).set_index("row")
    names = ["initialiser", "no_pixel_prior", "no_sparsity", "sharing", "gradient"]
    assert table.index.tolist() == [f"{d} {n}" for d in ("patchcore", "mine") for n in names]
    assert table.loc["patchcore gradient", "iou"] == pytest.approx(0.82)
    assert (table["images"] == 6).all()  # of the paper's paste alone
    published = table.loc["patchcore no_sparsity", ["published_iou", "published_dice"]]
    assert published.tolist() == pytest.approx([0.326, 0.486])
    without = ablation_table(parts[~parts["method"].isin(ABLATED)])
    assert without.empty
    assert "row" in without


def test_the_cost_is_that_of_solving(parts):
    table = cost_table(parts).set_index("row")
    assert len(table) == 6
    row = table.loc["normal patchcore proposals"]
    assert row[["weight", "iterations", "seconds"]].tolist() == [1.0, 10.0, 2.0]
    assert row["published_seconds"] == 17.8
    assert np.isnan(table.loc["few patchcore proposals", "published_seconds"])


def test_sizes_are_grouped_over_the_detectors_of_the_first_setting(parts):
    table = sizes_table(parts, EDGES)
    assert table["row"].tolist() == [
        f"{paste} {group}"
        for paste in ("colour", "near")
        for group in ("0.002-0.02", "0.02-0.04", "0.04-0.13")
    ]
    assert table.columns.tolist() == ["row", *IOUS, "images"]
    assert table["images"].tolist() == [4] * 6
    assert table.loc[2, "map"] == pytest.approx(0.5 + 0.01 + 0.02)
    gaps = sizes_table(parts[parts["image"] != 1], EDGES)
    assert gaps["images"].tolist() == [4, 0, 4] * 2
    assert gaps.loc[1, list(IOUS)].isna().all()


def test_pictures_are_drawn_by_the_seed_and_of_extremes():
    count = 30
    made = pd.DataFrame({"seed": 4, "role": ["validation"] + ["test"] * count, "paste": "near"})
    made["image"] = [0, *range(count)]
    gains = np.linspace(-0.3, 0.4, count)
    parts = pd.concat(
        pd.DataFrame({"seed": 4, "paste": "near", "image": range(count), "method": m, "iou": v})
        for m, v in (("map", 0.5), ("proposals", 0.5 + gains))
    )
    shown = choose_shown(parts, made, "proposals")
    assert len(shown) == shown["image"].nunique() == 16
    assert (shown["row"] == shown["image"] + 1).all()
    assert (shown["place"] == shown["image"]).all()
    others = np.setdiff1d(range(count), shown["image"][:8])
    assert shown["image"][8:12].tolist() == others[::-1][:4].tolist()
    assert shown["image"][12:].tolist() == others[:4][::-1].tolist()
    assert len(choose_shown(parts, made.iloc[:6], "proposals")) == 5

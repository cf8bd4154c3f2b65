"""What a draw holds apart, and what the table says of the draws."""

import numpy as np
import pandas as pd
import pytest

from vadline.bench.promises import draw_parts, measure_promises, summarise_promises


@pytest.fixture(scope="module")
def world():
    """Return grey noise, on whose bad parts a bright square stands."""
    rng = np.random.default_rng(0)
    images = rng.integers(90, 110, (44, 64, 64, 3), dtype=np.uint8)
    images[24:, 20:44, 20:44] = 250
    bad = np.arange(44) >= 24
    manifest = pd.DataFrame(
        {
            "image_id": [f"part{i}" for i in range(44)],
            "path": [f"part{i}.png" for i in range(44)],
            "label": np.where(bad, "bad", "good"),
            "defect": np.where(bad, "square", "good"),
            "mask_path": None,
            "sha256": [str(i) for i in range(44)],
            "reviewed": False,
        }
    )
    return manifest, images


def test_nothing_is_both_learnt_from_and_judged(world):
    manifest, _ = world
    copies = manifest.assign(sha256=["0", "0", *manifest["sha256"].iloc[2:]])
    rows, parts = draw_parts(copies, 8, np.random.default_rng(0))
    assert len(set(copies["sha256"].iloc[rows])) == len(rows)
    drawn = pd.crosstab(copies["label"].iloc[rows].to_numpy(), np.array(parts))
    assert drawn.loc["good"].to_dict() == {"train": 8, "test": 11}
    assert drawn.loc["bad"].to_dict() == {"train": 10, "test": 10}


def test_obvious_defects_are_caught_within_the_bound(world):
    (drawn,) = measure_promises(*world, goods=[10], draws=1)
    table = summarise_promises(drawn)
    assert set(table["score"]) == {
        *("patchcore", "padim", "mean", "probe", "all_ad", "segad_safe"),
    }
    assert set(table["goods"]) == {10}
    assert table["bound"].tolist() == pytest.approx([14.1, 19.1] * 6, abs=0.01)
    at_once = table.set_index(["score", "asked"])
    assert at_once.loc[("patchcore", 10.0), "caught"] == 100
    assert at_once.loc[("patchcore", 10.0), "auroc"] == 100

"""What is tested on, and how the table sums it up."""

import numpy as np
import pandas as pd
import pytest
from tests.bench.test_promises import world  # noqa: F401

from vadline.bench import known_bads
from vadline.bench.known_bads import measure_known_bads, summarise_known_bads


def test_each_number_of_known_bads_is_measured_on_all_others(world, monkeypatch):  # noqa: F811
    manifest, images = world
    seen = []
    plain = known_bads.judge

    def judge(images, split, looked, seed, described):
        seen.append(split)
        for each in looked.values():
            assert np.isfinite(each.maps.grid).all()
            assert each.scores["score"].notna().all()
        return plain(images, split, looked, seed, described)

    monkeypatch.setattr(known_bads, "judge", judge)
    manifest = manifest.assign(source_split="unassigned")
    rows = pd.concat(measure_known_bads(manifest, images, [1, 0], seeds=1))
    for split, count in zip(seen, (1, 10), strict=True):
        bad = split["label"] == "bad"
        assert (bad & split["forest"]).sum() == (bad & (split["fold"] >= 0)).sum() == count
        assert (bad & split["test"]).sum() == 20 - count
        assert not (split["forest"] & split["test"]).any()
    assert set(rows["bads"]) == {1, 10}
    best = rows.query("score == 'segad_safe'")["image_auroc"]
    assert best.tolist() == pytest.approx([100, 100])


def test_the_table_has_means_spreads_and_the_least_gain():
    rows = pd.DataFrame(
        [
            (count, seed, name, auroc, 20 + seed)
            for count, seed in ((1, 0), (10, 0), (10, 1))
            for name, auroc in (("patchcore", 90 + seed), ("padim", 91), ("segad_safe", 93))
        ],
        columns=["bads", "seed", "score", "image_auroc", "fpr_at_95tpr"],
    )
    table = summarise_known_bads(rows).set_index("score")
    assert table.loc["patchcore"].tolist() == ["90.0 / 20", "90.5 ± 0.7 / 20 ± 1"]
    assert table.loc["least gain"].tolist() == ["+2.0", "+2.0"]
